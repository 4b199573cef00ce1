import { execFile, execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

/**
 * The real script on a clone of this repository that is ready for a release: git, npm pack and the builds are real.
 * `npm publish` and `npm view` alone are written down instead, because a release cannot be taken back.
 */
const repository = resolve(import.meta.dirname, '../..');

let parent: string;
let clone: string;
const git = (...args: readonly string[]): string =>
  execFileSync('git', args, { cwd: clone, encoding: 'utf8' }).trim();
const commit = (): string =>
  git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '--all', '--message', 'x');

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(clone, file);
  await writeFile(path, change(await readFile(path, 'utf8')));
}

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'adtally-release-test-'));
  clone = join(parent, 'clone');
  execFileSync('git', ['clone', '--quiet', '--local', '--no-hardlinks', repository, clone]);
  // As it stands, and not as it was committed.
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
  });
  for (const file of files.trim().split('\n'))
    await cp(join(repository, file), join(clone, file)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
  await symlink(join(repository, 'node_modules'), join(clone, 'node_modules'));
  await writeFile(join(clone, '.git/info/exclude'), 'node_modules\n');
  await edit('CHANGELOG.md', (text) => text.replace(/^## .*$/m, '## 0.1.0, 2026-12-01'));
  for (const file of git('ls-files', 'client/package.json', 'packages/*/package.json').split('\n'))
    await edit(file, (text) =>
      text.replace('"license"', '"repository": "github:example/adtally",\n  "license"'),
    );
  git('add', '--all');
  commit();
  await mkdir(join(parent, 'bin'));
  await writeFile(
    join(parent, 'bin/npm'),
    `#!/bin/sh
case "$1" in
  publish) echo "$@" >> ${parent}/said; ! grep -q "$(basename "$2")" ${parent}/refused 2>/dev/null ;;
  view) grep -qx "$2" ${parent}/known 2>/dev/null ;;
  *) exec ${execFileSync('which', ['npm'], { encoding: 'utf8' }).trim()} "$@" ;;
esac
`,
  );
  await chmod(join(parent, 'bin/npm'), 0o755);
});
afterAll(() => rm(parent, { recursive: true }));
beforeEach(async () => {
  git('checkout', '--quiet', '.');
  for (const file of ['said', 'refused', 'known']) await rm(join(parent, file), { force: true });
});

const oidc = { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://example.com' };

function release(
  args: readonly string[],
  more = {},
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const noToken = { ACTIONS_ID_TOKEN_REQUEST_URL: undefined };
  const env = { ...process.env, ...noToken, ...more, PATH: `${parent}/bin:${process.env['PATH'] ?? ''}` };
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['packages/release.ts', ...args],
      { cwd: clone, env },
      (error, stdout, stderr) => {
        done({ code: error === null ? 0 : error.code, stdout, stderr });
      },
    );
  });
}

const published = async (): Promise<readonly string[]> =>
  (await readFile(join(parent, 'said'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

describe('npm run release', () => {
  it('packs everything in a dry run, publishes nothing and tags nothing', async () => {
    const { code, stdout, stderr } = await release(['--dry-run']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^would publish @adtally\/client@0\.1\.0: \d+ files$/m);
    expect(stdout).toMatch(/^would publish adtally@0\.1\.0: \d+ files$/m);
    expect(stdout).toMatch(/\nwould tag v0\.1\.0\n$/);
    expect(await published()).toEqual([]);
    expect(git('tag')).toBe('');
    expect(git('status', '--porcelain')).toBe('');
  });

  it.each([
    [
      'README.md',
      (text: string) => `${text}x`,
      'The working tree has changes that are not committed. Commit or discard them.',
    ],
    [
      'client/package.json',
      (text: string) => text.replace('"version": "0.1.0"', '"version": "0.2.0"'),
      'client/package.json has version 0.2.0, and lib/version.ts has 0.1.0.',
    ],
    [
      'package.json',
      (text: string) => text.replace('"version": "0.1.0"', '"version": "0.2.0"'),
      './package.json has version 0.2.0, and lib/version.ts has 0.1.0.',
    ],
    [
      'CHANGELOG.md',
      (text: string) => text.replace('## 0.1.0, 2026-12-01', '## 0.1.0, soon'),
      'The first section of CHANGELOG.md must be "## 0.1.0, YYYY-MM-DD"; it is "## 0.1.0, soon".',
    ],
    [
      'packages/adtally/package.json',
      (text: string) => text.replace('"repository"', '"home"'),
      'packages/adtally/package.json has no repository, which npm compares with where the package was built.',
    ],
  ])('releases nothing after a change of %s that it does not allow', async (file, change, said) => {
    await edit(file, change);
    const { code, stdout, stderr } = await release(['--ci-green'], oidc);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n')).toContain(said);
    expect(await published()).toEqual([]);
  });

  it('needs the word that CI passed, and a token that npm can sign with', async () => {
    expect(await release([])).toEqual({
      code: 1,
      stdout: '',
      stderr:
        '--ci-green is missing: look whether .ci/run passed on this commit, then say so.\n' +
        'There is no OIDC token here. Run the workflow "release", or try this with --dry-run.\n',
    });
  });

  it('publishes each package with provenance, goes on after an interruption, and tags at the end', async () => {
    await writeFile(join(parent, 'refused'), 'adtally-0.1.0.tgz\n');
    const first = await release(['--ci-green'], oidc);
    expect(first).toMatchObject({ code: 1, stdout: 'published @adtally/client@0.1.0\n' });
    expect(git('tag')).toBe('');
    await rm(join(parent, 'refused'));
    await writeFile(join(parent, 'known'), '@adtally/client@0.1.0\n');
    const { code, stdout, stderr } = await release(['--ci-green'], oidc);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('@adtally/client@0.1.0 is published already\npublished adtally@0.1.0\n');
    expect(stdout).toMatch(/\ntagged v0\.1\.0; push it: git push origin v0\.1\.0\n$/);
    for (const line of await published())
      expect(line).toMatch(/^publish \/\S+-0\.1\.0\.tgz --provenance --access public$/);
    expect(git('tag')).toBe('v0.1.0');
    const again = await release(['--dry-run']);
    expect(again.stderr).toBe(
      'The tag v0.1.0 exists. Raise the version in lib/version.ts and every package.json.\n',
    );
    expect(again.code).toBe(1);
  });
});
