import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const toolNames = ['hey', 'vegeta', 'k6'] as const;
export type ToolName = (typeof toolNames)[number];

/** The versions with which the scripts were tried. */
const modules: Readonly<Record<ToolName, string>> = {
  hey: 'github.com/rakyll/hey@v0.1.5',
  vegeta: 'github.com/tsenart/vegeta/v12@v12.13.0',
  k6: 'go.k6.io/k6@v1.8.1',
};

const folder = fileURLToPath(new URL('../../../node_modules/.cache/load-tools/', import.meta.url));
/** k6 has 200 packages to compile. */
const buildMsMax = 1_200_000;

/** A tool that cannot be had here. */
export class ToolMissingError extends Error {
  override readonly name = 'ToolMissingError';
}

/** Builds the program with Go unless it is there in its version. Returns its path; throws a ToolMissingError. */
export function installTool(name: ToolName, say: (line: string) => void): string {
  const program = programOf(name);
  if (existsSync(program)) return program;
  if (spawnSync('go', ['version']).status !== 0)
    throw new ToolMissingError(`${name} is built by Go, which is not installed; install Go 1.25 or newer`);
  say(`go install ${modules[name]}`);
  const versionFolder = join(program, '..');
  mkdirSync(versionFolder, { recursive: true });
  const { status, error } = spawnSync('go', ['install', modules[name]], {
    env: { ...process.env, GOBIN: versionFolder, GOTOOLCHAIN: 'local' },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: buildMsMax,
  });
  if (status === 0 && existsSync(program)) return program;
  const why = error?.message ?? `exit code ${status ?? '?'}`;
  throw new ToolMissingError(`go install ${modules[name]} failed (${why}); see above`);
}

function programOf(name: ToolName): string {
  const version = modules[name].slice(modules[name].indexOf('@') + 1);
  return join(folder, `${name}-${version}`, name);
}
