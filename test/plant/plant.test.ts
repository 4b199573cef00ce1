import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

const file = 'lib/core/log-position.ts';
/** With it, the marks of two lanes of a shard would be one attribute. */
const [sound, defective] = ['|${lane}`;', '|`;'] as const;

/** A diff of the one line, with the lines around it. */
function patchOf(text: string): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.endsWith(sound));
  const [before = '', line = '', after = ''] = lines.slice(at - 1, at + 2);
  return [
    ...[`--- a/${file}`, `+++ b/${file}`, `@@ -${at},3 +${at},3 @@`],
    ...[` ${before}`, `-${line}`, `+${line.replace(sound, defective)}`, ` ${after}`, ''],
  ].join('\n');
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'adtally-patch-'));
  writeFileSync(join(folder, 'one-lane.patch'), patchOf(readFileSync(file, 'utf8')));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('plants a patch in a copy, names the test that catches it, and removes the copy', () => {
  const program = join(import.meta.dirname, 'main.ts');
  const args = ['--disable-warning=ExperimentalWarning', program, '--json', '--workers', '1', folder];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: folder },
  });
  expect(stderr).toBe('');
  const [trial, end] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(trial).toMatchObject({
    planting: { name: 'one-lane', area: 'lib/core', files: [file] },
    caught: { suite: 'npm test', by: expect.stringMatching(/^test\/core\/log-position\.test\.ts: ./) },
  });
  expect(end).toMatchObject({ summary: { defects: 1, caught: 1, escaped: [] }, unsound: [] });
  expect(status).toBe(0);
  expect(readdirSync(folder)).toEqual(['one-lane.patch']);
});
