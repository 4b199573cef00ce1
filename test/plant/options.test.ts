import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UsageError } from '../../lib/options.ts';
import { allDefects } from './all-defects.ts';
import { readOptions } from './options.ts';

const fitting = `--- /dev/null
+++ b/lib/new-file.ts
@@ -0,0 +1 @@
+export {};
`;

describe('the command line of npm run plant', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'adtally-options-'));
    for (const name of ['patches', 'more', 'empty']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'patches/b.patch'), fitting);
    writeFileSync(join(folder, 'patches/a.diff'), fitting);
    writeFileSync(join(folder, 'patches/notes.txt'), 'none');
    writeFileSync(join(folder, 'more/b.diff'), fitting);
    writeFileSync(join(folder, 'text.patch'), 'no diff');
    writeFileSync(
      join(folder, 'old.patch'),
      '--- a/lib/options.ts\n+++ b/lib/options.ts\n@@ -1 +1 @@\n-x\n+y\n',
    );
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const names = (...args: readonly string[]): readonly string[] =>
    readOptions(args).chosen.map(({ name }) => name);

  it('plants every defect of the repository when it is given nothing', () => {
    expect(names()).toEqual(allDefects.map(([, { name }]) => name));
    expect(readOptions([])).toMatchObject({ simulator: false, seeds: 200, from: 1, suites: [] });
  });

  it('plants the named ones, or an area', () => {
    expect(names('--only', 'total-rounded', '--only', 'mark-below-last')).toEqual([
      'mark-below-last',
      'total-rounded',
    ]);
    expect(new Set(readOptions(['--area', 'reader,rate']).chosen.map(({ area }) => area))).toEqual(
      new Set(['reader', 'rate']),
    );
  });

  it('plants for the simulator what the simulator must find', () => {
    const chosen = readOptions(['--simulator']);
    expect(chosen).toMatchObject({ simulator: true, seeds: 2000 });
    expect(chosen.chosen.length).toBeLessThan(allDefects.length);
    expect(names('--simulator', '--only', 'bucket-without-a-cap')).toEqual(['bucket-without-a-cap']);
  });

  it('plants patches, and those of a folder in the order of their names', () => {
    expect(names(join(folder, 'more/b.diff'))).toEqual(['b']);
    expect(names(join(folder, 'patches'))).toEqual(['a', 'b']);
  });

  it.each<[string, readonly string[], string]>([
    ['an unknown defect', ['--only', 'nobody'], '--only must be the name of a defect; got nobody'],
    [
      'an unknown suite',
      ['--suites', 'aws,azure'],
      '--suites must be some of aws, localstack, console, clients',
    ],
    ['no patch', ['@/none'], 'must be a patch or a folder of patches; there is none'],
    ['a folder without patches', ['@/empty'], 'must have files *.patch or *.diff; it has none'],
    ['a text', ['@/text.patch'], 'must be a unified diff; it changes no file'],
    ['a patch of another tree', ['@/old.patch'], 'must fit the files as they are; error: patch failed'],
    ['two of one name', ['@/patches', '@/more'], 'two patches are called b; rename one'],
    ['patches and a choice', ['@/more', '--area', 'rate'], 'give no patch'],
    ['the simulator and suites', ['--simulator', '--suites', 'aws'], '--simulator runs no other suites'],
    ['quick alone', ['--quick'], '--quick needs --simulator'],
    ['a table of a part', ['--write', '--only', 'total-rounded'], '--write is for the whole table'],
  ])('refuses %s', (_, args, message) => {
    const given = args.map((arg) => arg.replace('@', folder));
    expect(() => readOptions(given)).toThrow(UsageError);
    expect(() => readOptions(given)).toThrow(message);
  });
});
