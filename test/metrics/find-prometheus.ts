import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
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
  const folders = [...(process.env['PATH'] ?? '').split(':'), join(toolsFolder, 'usr/bin')];
  const find = (name: string): string | undefined =>
    folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  const [prometheus, promtool] = [find('prometheus'), find('promtool')];
  return prometheus === undefined || promtool === undefined ? undefined : { prometheus, promtool };
}

const packageName = 'prometheus';
const downloadMsMax = 300_000;

/**
 * Unpacks Debian's package of Prometheus into this suite's own folder, 19 MB, without installing it: no service starts
 * and nothing else of the machine changes. Where there is no Debian it does nothing.
 */
export function unpackPrometheus(): void {
  mkdirSync(toolsFolder, { recursive: true });
  if (!succeeds('apt-get', 'download', packageName) && succeeds('apt-get', 'update', '-qq'))
    succeeds('apt-get', 'download', packageName);
  const file = readdirSync(toolsFolder).find((name) => name.endsWith('.deb'));
  if (file !== undefined) succeeds('dpkg-deb', '--extract', file, '.');
}

function succeeds(command: string, ...args: readonly string[]): boolean {
  const result = spawnSync(command, args, {
    cwd: toolsFolder,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: downloadMsMax,
  });
  return result.status === 0;
}
