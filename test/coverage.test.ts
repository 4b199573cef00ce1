import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sharesOf, shortfalls } from './coverage/coverage.ts';

const counts = (covered: number, total: number) => ({
  lines: { total, covered },
  functions: { total, covered },
  branches: { total, covered },
});
const share = (percent: number) => ({ lines: percent, functions: percent, branches: percent });

describe('the shares of folders', () => {
  it('add up the files of a folder, and look into the large ones', () => {
    const summary = {
      total: counts(1, 2),
      '/p/lib/core/ads/ad.ts': counts(5, 10),
      '/p/lib/core/ads/catalog/row.ts': counts(30, 30),
      '/p/lib/core/assert.ts': counts(0, 0),
      '/p/lib/adapters/aws/call.ts': counts(2, 3),
      '/p/lib/api/routes.ts': counts(1, 1000),
      '/p/lib/stages.ts': counts(999, 1000),
      '/p/functions/a/a.ts': counts(1, 1),
      '/p/client/call/lane.ts': counts(1, 1),
    };
    expect(sharesOf(summary, '/p')).toEqual({
      client: share(100),
      functions: share(100),
      lib: share(99.9),
      'lib/adapters/aws': share(66.6),
      'lib/api': share(0.1),
      'lib/core': share(100),
      'lib/core/ads': share(87.5),
    });
  });
});

describe('what falls short', () => {
  it('is each figure below its threshold, a folder without one, and a threshold without a folder', () => {
    const now = { a: { lines: 90, functions: 80, branches: 70 }, b: share(100) };
    expect(shortfalls(now, { a: { lines: 90, functions: 80.1, branches: 71 }, c: share(1) })).toEqual([
      'a: 80 % of functions are run by tests, less than 80.1 %',
      'a: 70 % of branches are run by tests, less than 71 %',
      'b has no threshold; write it by npm run coverage -- --update',
      'c has a threshold, and no file of it was looked at',
    ]);
    expect(shortfalls(now, { a: { lines: 90, functions: 80, branches: 70 }, b: share(99) })).toEqual([]);
  });
});

describe('npm run coverage', () => {
  const root = resolve(import.meta.dirname, '..');
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'adtally-coverage-'));
    writeFileSync(
      join(folder, 'page.md'),
      '# Page\n\n<!-- coverage -->\n\nold\n\n<!-- end of coverage -->\n',
    );
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const summary = (covered: number): void => {
    const files = { [join(root, 'lib/api/routes.ts')]: counts(covered, 100), total: counts(covered, 100) };
    writeFileSync(join(folder, 'summary.json'), JSON.stringify(files));
  };
  const run = (...args: string[]) => {
    const files = [
      ...['--summary', join(folder, 'summary.json'), '--thresholds', join(folder, 'thresholds.json')],
      ...['--page', join(folder, 'page.md')],
    ];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'test/coverage/main.ts'), ...files, ...args],
      { encoding: 'utf8' },
    );
    return { status, said: stdout + stderr };
  };

  it('wants a run with --coverage first', () => {
    expect(run()).toMatchObject({
      status: 1,
      said: expect.stringContaining('run npm test -- --coverage first'),
    });
  });

  it('fails without thresholds, writes them, and then fails when less is run', () => {
    summary(90);
    expect(run().status).toBe(1);
    expect(run('--update').status).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, 'thresholds.json'), 'utf8'))).toEqual({
      'lib/api': share(89),
    });
    expect(readFileSync(join(folder, 'page.md'), 'utf8')).toBe(
      [
        ...['# Page', '', '<!-- coverage -->', ''],
        ...[
          '| folder  | lines  | functions | branches |',
          '| ------- | ------ | --------- | -------- |',
          '| lib/api | 90.0 % | 90.0 %    | 90.0 %   |',
          '| all     | 90.0 % | 90.0 %    | 90.0 %   |',
        ],
        ...['', '<!-- end of coverage -->', ''],
      ].join('\n'),
    );
    expect(run().status).toBe(0);
    summary(88);
    expect(run()).toMatchObject({ status: 1, said: expect.stringContaining('lib/api: 88 % of lines') });
  });
});
