import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the programs are unpacked; git ignores it. */
const toolsFolder = fileURLToPath(new URL('./tools/', import.meta.url));

export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

/** The programs that are installed, or were unpacked by `unpackPrometheus`. */
export function findPrometheus(): PrometheusPrograms | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), toolsFolder];
  const [prometheus, promtool] = names.map((name) =>
    folders.map((folder) => join(folder, name)).find((file) => existsSync(file)),
  );
  return prometheus === undefined || promtool === undefined ? undefined : { prometheus, promtool };
}

const names = ['prometheus', 'promtool'] as const;
const packageName = 'prometheus';
const downloadMsMax = 300_000;

/**
 * Unpacks Debian's package of Prometheus into this suite's own folder, 19 MB, without installing it: no
 * service starts and nothing else of the machine changes. Where there is no Debian it does nothing.
 */
export function unpackPrometheus(): void {
  mkdirSync(toolsFolder, { recursive: true });
  if (!succeeds('apt-get', 'download', packageName) && succeeds('apt-get', 'update', '-qq'))
    succeeds('apt-get', 'download', packageName);
  const file = readdirSync(toolsFolder).find((name) => name.endsWith('.deb'));
  if (file === undefined || !succeeds('dpkg-deb', '--extract', file, 'unpacked')) return;
  // The rest is a web page and settings of a service, which linters would find here.
  for (const name of names) renameSync(join(toolsFolder, 'unpacked/usr/bin', name), join(toolsFolder, name));
  rmSync(join(toolsFolder, 'unpacked'), { recursive: true });
  rmSync(join(toolsFolder, file));
}

function succeeds(command: string, ...args: readonly string[]): boolean {
  const result = spawnSync(command, args, {
    cwd: toolsFolder,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: downloadMsMax,
  });
  return result.status === 0;
}
