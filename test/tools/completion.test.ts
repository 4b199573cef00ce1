import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { programs } from '../../packages/adtally/programs.ts';

/** `adtally completion`, and its scripts in the shells that they are for. */
const launcher = resolve(import.meta.dirname, '../../packages/adtally/bin/adtally.cjs');
let folder: string;
const scripts = { bash: '', zsh: '' };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-completion-'));
  for (const shell of ['bash', 'zsh'] as const) {
    const { code, stdout, stderr } = await run(process.execPath, [launcher, 'completion', shell]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    scripts[shell] = stdout;
    await writeFile(join(folder, shell), stdout);
  }
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[]): Promise<Ended> {
  return new Promise((done) => {
    const env = { PATH: '/usr/bin:/bin', HOME: folder };
    execFile(program, args, { cwd: folder, env }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

/** What bash offers for a line whose cursor is at its end. */
async function inBash(line: string, wordBreaks = ` \t\n"'><=;|&(:`): Promise<string[]> {
  const call = `source ./bash; COMP_WORDBREAKS=$1 COMP_LINE=$2 COMP_POINT=\${#2}; _adtally; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { code, stdout, stderr } = await run('/bin/bash', ['-c', call, 'bash', wordBreaks, line]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').filter((name) => name !== '');
}

const listed = [...Object.keys(programs), 'completion'];

describe('in bash', () => {
  it.each([
    ['adtally ', listed],
    ['adtally re', ['rebuild', 'restore']],
    ['adtally tr', ['trace:summary']],
    // Bash replaces only what follows the colon.
    ['adtally trace:', ['summary']],
    ['adtally trace:s', ['summary']],
    ['adtally tokens ', ['create', 'list', 'rotate', 'revoke']],
    ['adtally control ro', ['rollback']],
    ['adtally control set ', []],
    ['adtally completion ', ['bash', 'zsh']],
    ['adtally import ', []],
    ['adtally import --d', ['--delimiter', '--date-format', '--dry-run']],
    ['adtally import ads.csv --date-format ', ['dmy', 'mdy']],
    ['adtally import ads.csv --date-format=', ['dmy', 'mdy']],
    ['adtally import ads.csv --date-format=d', ['dmy']],
    ['adtally import --json --form', ['--format']],
    ['adtally import --url ', []],
    ['adtally import --url --f', []],
    ['adtally tail --stage pr', ['prod']],
    ['adtally trace:summary --', ['--help', '--version']],
    ['adtally --p', ['--port']],
    ['adtally --port 0 --no', ['--no-timer']],
    ['adtally --stage=st', ['staging']],
    ['adtally start --tra', ['--trace', '--trace-max-bytes']],
    ['adtally frobnicate --', []],
  ])('%j is completed with %j', async (line, names) => {
    expect(await inBash(line)).toEqual(names);
  });

  it.each([
    ['adtally trace:s', ['trace:summary']],
    ['adtally import --format=c', ['--format=csv']],
  ])('%j is completed whole where neither : nor = ends a word', async (line, names) => {
    expect(await inBash(line, ' \t\n')).toEqual(names);
  });

  it('what it does not know is completed as the name of a file', async () => {
    const { stdout } = await run('/bin/bash', ['-c', 'source ./bash; complete -p adtally']);
    expect(stdout).toBe('complete -o default -F _adtally adtally\n');
  });
});

/** What zsh would offer: its functions of completion print their arguments. */
async function inZsh(zsh: string, words: readonly string[]): Promise<string> {
  const call = `
    compdef() { : } ; compset() { : }
    compadd() { print -r -- "add \${@[2,-1]}" }
    _describe() { print -rl -- "\${(@P)2}" }
    _files() { print files }
    source ./zsh; words=("$@"); CURRENT=$#; _adtally`;
  const { code, stdout, stderr } = await run(zsh, ['-f', '-c', call, 'zsh', ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

// Where there is no zsh, its script is checked by its text alone.
const zshes = ['/usr/bin/zsh', '/bin/zsh'].filter((path) => existsSync(path)).slice(0, 1);
for (const zsh of zshes)
  describe(`in ${zsh}`, () => {
    it('offers each command with what it does', async () => {
      const lines = (await inZsh(zsh, ['adtally', ''])).split('\n').filter((line) => line !== '');
      expect(lines.map((line) => line.replace(/:[^:]*$/, '').replace('\\:', ':'))).toEqual(listed);
      expect(lines).toContain('tail:shows increments as they are counted');
    });

    it.each([
      [['tokens', ''], 'add create list rotate revoke\n'],
      [['tokens', 'create', ''], 'files\n'],
      [['import', ''], 'files\n'],
      [['import', 'ads.csv', '--format', ''], 'add csv ndjson\n'],
      [['import', 'ads.csv', '--format=c'], 'add csv ndjson\n'],
      [['export', '--out', ''], 'files\n'],
      [['trace:summary', '--'], '--help:shows the options and exit codes\n--version:prints the version\n'],
      [['frobnicate', ''], ''],
    ])('%j', async (words, offered) => {
      expect(await inZsh(zsh, ['adtally', ...words])).toBe(offered);
    });

    it('describes the options of the server where no command is given', async () => {
      expect(await inZsh(zsh, ['adtally', '--'])).toMatch(/^--port:port of the API; [^\n]*\n--host:/);
    });
  });

it('both scripts have each option of each command', async () => {
  for (const name of Object.keys(programs)) {
    const { stdout } = await run(process.execPath, [launcher, name, '--help']);
    const options = Array.from(stdout.matchAll(/^ {2}(--[a-z-]+)/gm), ([, option = '']) => option);
    const part = (script: string): string =>
      script.slice(script.indexOf(`\n    ${name}) case`)).split('\n    esac ;;')[0] ?? '';
    for (const script of Object.values(scripts)) {
      const known = new Set(part(script).match(/--[a-z-]+/g));
      expect([name, options.filter((option) => !known.has(option))]).toEqual([name, []]);
    }
  }
});

const worded = Object.entries(programs).flatMap(([name, { words }]) =>
  words === undefined ? [] : [{ name, words }],
);

it.each(worded)('the words of adtally $name are those that it takes', async ({ name, words }) => {
  const { code, stderr } = await run(process.execPath, [launcher, name, 'frobnicate']);
  const named: readonly string[] = stderr.split('\n')[0]?.match(/[a-z]+/g) ?? [];
  expect([code, words.filter((word) => !named.includes(word))]).toEqual([2, []]);
});

it('starts no command and makes no file', async () => {
  expect((await readdir(folder)).sort()).toEqual(['bash', 'zsh']);
});

it.each([
  [[], 'the shell must be bash or zsh.'],
  [['fish'], 'the shell must be bash or zsh; got fish.'],
])('%j is refused', async (args, said) => {
  const ended = await run(process.execPath, [launcher, 'completion', ...args]);
  expect(ended).toEqual({ code: 2, stdout: '', stderr: `${said}\nTry: adtally completion --help\n` });
});
