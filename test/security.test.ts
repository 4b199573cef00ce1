import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const read = (file: string): string => readFileSync(file, 'utf8');

/** The rows between the two marks: threat, what stands against it, and its tests as title and file. */
function threats(): { threat: string; tests: { title: string; file: string }[] }[] {
  const table = /<!-- threats -->([^]*)<!-- end of threats -->/.exec(read('docs/security.md'))?.[1] ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('| ') && !/^\| (-|threat)/.test(line));
  return rows.map((row) => {
    const [, threat = '', , tests = ''] = row.split('|');
    const links = [...tests.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)];
    return {
      threat: threat.trim(),
      tests: links.map(([, title = '', file = '']) => ({ title, file: join('docs', file) })),
    };
  });
}

describe('the threat model', () => {
  it('has all ten of OWASP, in order', () => {
    const numbers = threats().flatMap(({ threat }) => /^API(\d+) /.exec(threat)?.[1] ?? []);
    expect(numbers.map(Number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it.each(threats())('names tests that are there: $threat', ({ tests }) => {
    expect(tests).not.toEqual([]);
    for (const { title, file } of tests) {
      expect(read(file).replaceAll('’', "'")).toContain(title.replaceAll('’', "'"));
    }
  });
});

it("fetches nothing by an address of a caller's", () => {
  // Where connections are opened at all: to the holder of a lock, to the processes of one data folder.
  const opensConnections = /\bfetch\(|https?\.(get|request)\(|= connect\(|\.connect\(/;
  const files = execFileSync('git', ['ls-files', '-z', '--', 'lib', 'functions'], { encoding: 'utf8' })
    .split('\0')
    .filter((file) => file.endsWith('.ts'));
  const opening = files.filter((file) => opensConnections.test(read(file)));
  expect(opening).toEqual(['lib/adapters/lmdb/join-folder.ts', 'lib/embedded/data-folder-lock.ts']);
});

it('has only licences that ours may be used with', () => {
  const allowed = new Set([
    ...['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'Apache-2.0 AND MIT'],
    ...['BlueOak-1.0.0', '(MIT OR GPL-3.0-or-later)', '(MIT OR CC0-1.0)'],
    // caniuse-lite: data that a tool of the tests reads; it is in nothing that we give away.
    'CC-BY-4.0',
  ]);
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { license?: string }>;
  };
  const others = Object.entries(packages).filter(([, { license }]) => !allowed.has(license ?? 'none'));
  expect(others.map(([name, { license }]) => `${name}: ${license ?? 'none'}`)).toEqual([]);
});
