import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { commandLine, flag, optionLines, parseOptions, runCommand, type Values } from '../lib/options.ts';

/** `npm run release`: checks, packs, publishes with provenance, and tags. CONTRIBUTING.md has what comes before. */
const root = resolve(import.meta.dirname, '..');

const options = {
  'dry-run': flag('check and pack everything, publish nothing'),
  'ci-green': flag('you have seen that .ci/run passed on this commit'),
};

const usage = `Releases this commit: ${commandLine('release')} [options]

${optionLines(options)}
It publishes only in a workflow that has an OIDC token, which npm signs the provenance with. A version that is
published already is left as it is, so a release that was interrupted can be run again.
Exit codes: 0 done, 1 this commit cannot be released, or npm failed, 2 wrong arguments.
`;

interface Package {
  /** Below the root. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly repository?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

await runCommand({
  name: 'release',
  usage,
  read: (args): Values<typeof options> => parseOptions(args, options).values,
  run: ({ 'dry-run': isDry, 'ci-green': isGreen }) => Promise.resolve(release(isDry, isGreen)),
});

function release(isDry: boolean, isGreen: boolean): number {
  const all = readPackages();
  const published = inOrder(all.filter((one) => one.private !== true));
  // Not imported: this file may be of a release that is older than the tree.
  const version = /'(.*)'/.exec(read('lib/version.ts'))?.[1] ?? '';
  const problems = [...problemsOf(all, version), ...(isDry ? [] : problemsOfPublishing(isGreen))];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0 && !isDry) return 1;
  const folder = mkdtempSync(join(tmpdir(), 'adtally-release-'));
  try {
    const tarballs = published.map((one) => ({ ...one, tarball: pack(one, folder) }));
    for (const { name, tarball } of tarballs) publish(`${name}@${version}`, tarball, isDry);
    if (problems.length > 0) return 1;
    tag(`v${version}`, isDry);
    return 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function problemsOf(all: readonly Package[], version: string): readonly string[] {
  const problems: string[] = [];
  if (git('status', '--porcelain') !== '')
    problems.push('The working tree has changes that are not committed. Commit or discard them.');
  if (git('tag', '--list', `v${version}`) !== '')
    problems.push(`The tag v${version} exists. Raise the version in lib/version.ts and every package.json.`);
  for (const one of all) {
    if (one.version !== version)
      problems.push(
        `${one.folder}/package.json has version ${one.version}, and lib/version.ts has ${version}.`,
      );
    if (one.private !== true && one.repository === undefined)
      problems.push(
        `${one.folder}/package.json has no repository, which npm compares with where the package was built.`,
      );
  }
  const [heading] = /^## .*$/m.exec(read('CHANGELOG.md')) ?? [''];
  if (heading.replace(/, \d{4}-\d\d-\d\d$/, ', YYYY-MM-DD') !== `## ${version}, YYYY-MM-DD`)
    problems.push(
      `The first section of CHANGELOG.md must be "## ${version}, YYYY-MM-DD"; it is "${heading}".`,
    );
  return problems;
}

function problemsOfPublishing(isGreen: boolean): readonly string[] {
  const problems: string[] = [];
  if (!isGreen)
    problems.push('--ci-green is missing: look whether .ci/run passed on this commit, then say so.');
  if (process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] === undefined)
    problems.push('There is no OIDC token here. Run the workflow "release", or try this with --dry-run.');
  return problems;
}

/** Each package.json that git knows, without those that only install the tools of a test. */
function readPackages(): readonly Package[] {
  return git('ls-files', 'package.json', '*/package.json')
    .split('\n')
    .map((file) => ({ ...(JSON.parse(read(file)) as Package), folder: dirname(file) }))
    .filter((one) => one.private !== true || Object.hasOwn(one, 'version'));
}

/** What others depend on comes first, so that no version is published before what it needs. */
function inOrder(packages: readonly Package[]): readonly Package[] {
  const ordered: Package[] = [];
  const add = (one: Package): void => {
    if (ordered.includes(one)) return;
    const needed = { ...one.dependencies, ...one.peerDependencies };
    for (const other of packages) if (other !== one && Object.hasOwn(needed, other.name)) add(other);
    ordered.push(one);
  };
  for (const one of packages) add(one);
  return ordered;
}

/** Returns the path of the tarball. */
function pack({ folder, name, version }: Package, to: string): string {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', to], {
    cwd: join(root, folder),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return join(to, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
}

function publish(what: string, tarball: string, isDry: boolean): void {
  const args = ['publish', tarball, '--provenance', '--access', 'public'];
  if (isDry) {
    const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trimEnd().split('\n').length;
    say(`would publish ${what}: ${files} files`);
  } else if (spawnSync('npm', ['view', what, 'version']).status === 0) {
    say(`${what} is published already`);
  } else {
    execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    say(`published ${what}`);
  }
}

function tag(name: string, isDry: boolean): void {
  if (!isDry) git('tag', '--annotate', name, '--message', name);
  say(isDry ? `would tag ${name}` : `tagged ${name}; push it: git push origin ${name}`);
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trimEnd();
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
