import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Installs packages of PyPI into a virtual environment in `folder`, if they are not there, and returns its folder of
 * programs. Needs Python 3.10 or later. One that was interrupted is made anew.
 */
export function installPython(folder: string, packages: readonly string[]): string {
  const installed = join(folder, 'installed');
  if (!existsSync(installed)) {
    process.stdout.write(`installing ${packages.join(', ')} into a virtual environment ...\n`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    run('python3', ['-m', 'venv', folder]);
    const quietly = ['install', '--quiet', '--disable-pip-version-check'];
    run(join(folder, 'bin', 'pip'), [...quietly, ...packages]);
    writeFileSync(installed, '');
  }
  return join(folder, 'bin');
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error !== undefined) throw new Error(`cannot run ${command}: ${error.message}`, { cause: error });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status ?? 'a signal'}`);
}
