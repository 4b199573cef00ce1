import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { runCommand, runToSuccess } from './run-command.ts';

/** Where the pins of the tools are, and (ignored by git) the tools. */
export const toolsFolder = fileURLToPath(new URL('../tools/', import.meta.url));
const installedFolder = join(toolsFolder, '.installed');
const javaFolder = join(installedFolder, 'java');
const pythonFolder = join(installedFolder, 'python');

/** A program that an installed npm package brings, as arguments of Node. */
export const npmTool = (name: string): string => join(toolsFolder, 'node_modules', '.bin', name);
export const pythonTool = (name: string): string => join(pythonFolder, 'bin', name);

export const generatorJar = join(javaFolder, 'openapi-generator-cli-7.25.0.jar');

/** What the Java client needs to be compiled and run, as a class path. */
export function javaLibraries(): string {
  const jars = readdirSync(javaFolder).filter((file) => file.endsWith('.jar'));
  return jars
    .map((file) => join(javaFolder, file))
    .filter((file) => file !== generatorJar)
    .join(':');
}

export type ToolName = 'npm' | 'java' | 'go' | 'python';

interface Tool {
  /** What the system must have: a command, and the oldest version that will do. */
  readonly needs: readonly { readonly command: string; readonly args: string; readonly versionMin: string }[];
  /** The file that pins what is installed; when it has changed, everything is installed anew. */
  readonly pins?: string;
  /** Into a folder that is not there yet. */
  install?(): Promise<void>;
  readonly folder?: string;
}

const mavenCopy = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

const tools: Readonly<Record<ToolName, Tool>> = {
  npm: {
    needs: [],
    pins: 'package-lock.json',
    folder: join(toolsFolder, 'node_modules'),
    async install() {
      await runToSuccess('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: toolsFolder });
    },
  },
  java: {
    needs: [
      { command: 'javac', args: '-version', versionMin: '17' },
      { command: 'mvn', args: '-version', versionMin: '3.6' },
    ],
    pins: 'pom.xml',
    folder: javaFolder,
    async install() {
      const target = `-DoutputDirectory=${javaFolder}`;
      await runToSuccess('mvn', ['-B', '-q', '-f', join(toolsFolder, 'pom.xml'), mavenCopy, target]);
    },
  },
  go: { needs: [{ command: 'go', args: 'version', versionMin: '1.23' }] },
  python: {
    needs: [{ command: 'python3', args: '--version', versionMin: '3.10' }],
    pins: 'requirements.txt',
    folder: pythonFolder,
    async install() {
      const requirements = join(toolsFolder, 'requirements.txt');
      await runToSuccess('python3', ['-m', 'venv', pythonFolder]);
      const quietly = ['--quiet', '--disable-pip-version-check'];
      await runToSuccess(pythonTool('pip'), ['install', ...quietly, '--no-deps', '-r', requirements]);
    },
  },
};

/** Installs what is not there in the pinned version; resolves to why a tool cannot be had. */
export async function installTools(): Promise<ReadonlyMap<ToolName, string>> {
  const missing = new Map<ToolName, string>();
  const all = Object.entries(tools) as [ToolName, Tool][];
  await Promise.all(
    all.map(async ([name, tool]) => {
      const reason = await installTool(tool);
      if (reason !== undefined) missing.set(name, reason);
    }),
  );
  return missing;
}

async function installTool(tool: Tool): Promise<string | undefined> {
  const { pins, folder } = tool;
  for (const { command, args, versionMin } of tool.needs) {
    const version = await versionOf(command, args);
    if (version === undefined) return `${command} is not installed`;
    if (!isAtLeast(version, versionMin))
      return `${command} is version ${version}, not ${versionMin} or newer`;
  }
  if (pins === undefined || folder === undefined) return undefined;
  const wanted = readFileSync(join(toolsFolder, pins), 'utf8');
  const stamp = join(folder, '.pins');
  if (readIfThere(stamp) === wanted) return undefined;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    await tool.install?.();
  } catch (error) {
    return (error as Error).message;
  }
  writeFileSync(stamp, wanted);
  return undefined;
}

async function versionOf(command: string, args: string): Promise<string | undefined> {
  try {
    const { status, output } = await runCommand(command, [args]);
    // Maven prints its version in bold.
    return status === 0 ? /(\d+(?:\.\d+)*)/.exec(stripVTControlCharacters(output))?.[1] : undefined;
  } catch {
    return undefined;
  }
}

function isAtLeast(version: string, versionMin: string): boolean {
  const [is, min] = [version, versionMin].map((text) => text.split('.').map(Number));
  for (const [index, part] of min!.entries()) {
    const difference = (is![index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
