import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const read = (file: string): string => readFileSync(file, 'utf8');

interface Threat {
  readonly threat: string;
  /** Of its tests: `API4.1`. */
  readonly ids: readonly string[];
}

/** The rows between the two marks: threat, what stops it, and the ids of its tests. */
function threats(): Threat[] {
  const table = /<!-- threats -->([^]*)<!-- end of threats -->/.exec(read('docs/security.md'))?.[1] ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('| ') && !/^\| (-|threat)/.test(line));
  return rows.map((row) => {
    const [, threat = '', , ids = ''] = row.split('|').map((cell) => cell.trim());
    return { threat, ids: ids.split(', ') };
  });
}

/** The ids that comments directly above a test name, as often as they do. */
function coveredIds(): string[] {
  const files = execFileSync('git', ['ls-files', '-z', '--', 'test/**/*.test.ts', 'test/*.test.ts'], {
    encoding: 'utf8',
  });
  return files
    .split('\0')
    .filter(Boolean)
    .flatMap((file) =>
      [...read(file).matchAll(/^ *\/\/ Covers (\S+) \(docs\/security\.md\)\.\n *(?:it|test)\b/gm)].map(
        ([, id = '']) => id,
      ),
    );
}

describe('the threat model', () => {
  it('has all ten of OWASP, in order', () => {
    const numbers = threats().flatMap(({ threat }) => /^API(\d+) /.exec(threat)?.[1] ?? []);
    expect(numbers.map(Number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it.each(threats())('names tests that are its own: $threat', ({ threat, ids }) => {
    const [name = ''] = threat.split(' ');
    expect(ids).toEqual(ids.map((_, index) => `${name}.${index + 1}`));
  });

  it('names each of its tests once, and every test that says it covers a threat', () => {
    expect(coveredIds().sort()).toEqual(
      threats()
        .flatMap(({ ids }) => ids)
        .sort(),
    );
  });
});

// Covers API7.1 (docs/security.md).
it("fetches nothing by an address of a caller's", () => {
  // Where connections are opened at all: to CodeDeploy of the function's Region, to the processes of one data folder, to the collector of the
  // environment, and to the holder of a lock.
  const opensConnections = /\bfetch\(|https?\.(get|request)\(|= connect\(|\.connect\(/;
  const files = execFileSync('git', ['ls-files', '-z', '--', 'lib', 'functions'], { encoding: 'utf8' })
    .split('\0')
    .filter((file) => file.endsWith('.ts'));
  const opening = files.filter((file) => opensConnections.test(read(file)));
  expect(opening).toEqual([
    'lib/adapters/aws/codedeploy-deployments.ts',
    'lib/adapters/lmdb/join-folder.ts',
    'lib/adapters/tracing/otlp-exporter.ts',
    'lib/embedded/data-folder-lock.ts',
  ]);
});

// Covers PACKAGES.2 (docs/security.md).
it('has only licences that ours may be used with', () => {
  const allowed = new Set([
    ...['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'Apache-2.0 AND MIT'],
    ...['BlueOak-1.0.0', '(MIT OR GPL-3.0-or-later)', '(MIT OR CC0-1.0)'],
    // caniuse-lite: data that a tool of the tests reads; it is in nothing that we give away.
    'CC-BY-4.0',
  ]);
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { license?: string; link?: boolean }>;
  };
  const others = Object.entries(packages).filter(
    ([, { license, link }]) => link !== true && !allowed.has(license ?? 'none'),
  );
  expect(others.map(([name, { license }]) => `${name}: ${license ?? 'none'}`)).toEqual([]);
});
