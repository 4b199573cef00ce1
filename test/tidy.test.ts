import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { version } from '../lib/version.ts';
import { describe, expect, it } from '@jest/globals';
import { nodeFlags } from '../lib/embedded/node-flags.ts';
import { functionNames } from '../lib/stages.ts';
import { allowedOracles } from './tidy/allowed-oracles.ts';
import { oraclesIn } from './tidy/oracles.ts';

/** Rules that no linter knows. */

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '' && existsSync(file));
const code = files.filter((file) => /\.(ts|mjs|cjs)$/.test(file));
const text = (file: string): string => readFileSync(file, 'utf8');

/** Files with a line that matches, as `file:line`. */
function hits(inFiles: readonly string[], pattern: RegExp): string[] {
  return inFiles.flatMap((file) =>
    text(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
  );
}

describe('the tree', () => {
  it('finds its own files', () => {
    expect(code).toContain('test/tidy.test.ts');
  });

  it('has no leftover marks of unfinished work', () => {
    expect(hits(code, /\b(FIX[M]E|XX[X]|HAC[K])\b/)).toEqual([]);
  });

  it('has no test that is held back', () => {
    expect(hits(code, /\b(it|test|describe)\.(only|skip|todo)\(/)).toEqual([]);
  });

  it('names temporary files so that those which a test leaves are noticed', () => {
    const elsewhere = code.filter((file) => !file.startsWith('test/run/'));
    expect(hits(elsewhere, /tmpdir\(\), (?!['`]adtally-)/)).toEqual([]);
  });

  it('has every function as a factory and a handler', () => {
    for (const name of functionNames) {
      expect(existsSync(`functions/${name}/${name}.ts`)).toBe(true);
      expect(existsSync(`functions/${name}/handler.ts`)).toBe(true);
    }
  });

  it('imports zod as a namespace, which bundles to a fifth of the named import', () => {
    expect(hits(code, /import \{[^}]*\} from 'zod'/)).toEqual([]);
  });

  it('names no service of AWS in core and ports: they speak of a log, a store, a gateway', () => {
    const services = /\b(kinesis|dynamodb|lambda|aws|arn|cloudwatch|eventbridge|s3|api gateway|x-ray)\b/i;
    const inside = code.filter((file) => /^lib\/(core|ports)\//.test(file));
    // A value of the API: where the figures come from.
    expect(hits(inside, services).filter((hit) => !hit.startsWith('lib/ports/pipeline-stats.ts'))).toEqual(
      [],
    );
  });

  it('locks packages without the address of a registry', () => {
    expect(hits(['package-lock.json'], /"resolved": *"http/)).toEqual([]);
  });

  // Covers PACKAGES.1 (docs/security.md).
  it('pins every dependency to one version', () => {
    const { dependencies, devDependencies } = JSON.parse(text('package.json')) as Record<
      string,
      Record<string, string>
    >;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d/.test(version),
    );
    expect(loose).toEqual([]);
  });

  it('has one version, which each package and the API tell', () => {
    const packages = ['client', 'packages/adtally', 'packages/cdk'].map((folder) => `${folder}/package.json`);
    const versions = ['package.json', ...packages];
    expect(versions.map((file) => (JSON.parse(text(file)) as { version: string }).version)).toEqual(
      versions.map(() => version),
    );
  });

  it('has one version of each dependency, packages included', () => {
    const of = (file: string) =>
      (JSON.parse(text(file)) as { dependencies: Record<string, string> }).dependencies;
    expect(of('packages/adtally/package.json')).toEqual({ lmdb: of('package.json')['lmdb'] });
  });

  it('starts the installed server with the same flags', () => {
    const [, flags = ''] =
      /const startFlags = \[(.*)\];/.exec(text('packages/adtally/bin/adtally.cjs')) ?? [];
    const installed = Array.from(flags.matchAll(/'([^']+)'/g), ([, flag]) => flag);
    expect(installed).toHaveLength(1);
    expect(nodeFlags).toEqual(installed);
  });

  it('starts the pipeline as tests and measurements start it', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: { start: string } };
    expect(scripts.start).toBe(['node', ...nodeFlags, 'bin/local.ts'].join(' '));
  });
});

describe('an expectation', () => {
  const found = (text: string): string[] =>
    oraclesIn('test/x/x.test.ts', text).map(({ name, line }) => `${line} ${name}`);

  it('is written out, or computed by the test: no function of the product has it', () => {
    const allowed = new Set(Object.values(allowedOracles).flat());
    const unknown = code
      .filter((file) => file.startsWith('test/'))
      .flatMap((file) => oraclesIn(file, text(file)))
      .filter(({ file, name }) => !allowed.has(name) && !allowed.has(`${file} ${name}`));
    expect(unknown.map(({ file, line, name }) => `${file}:${line} ${name}`)).toEqual([]);
  });

  it.each([
    ['in a matcher', 'expect(x).toBe(covers(a, b));', ['2 covers']],
    ['within a value', 'expect(x).not.toEqual([1, { a: covers(a) }]);', ['2 covers']],
    ['after a promise', 'await expect(x).resolves.toBe(covers(a));', ['2 covers']],
    ['in a template', 'expect(x).toBe(`${covers(a)}`);', ['2 covers']],
    ['in a constant', 'const may = covers(a);\nexpect(x).toBe(!may);', ['2 covers']],
    [
      'in a constant of a constant',
      'const b = covers(a);\nconst c = [b];\nexpect(x).toEqual(c);',
      ['2 covers'],
    ],
    ['in a part of a constant', 'const { a: [b] } = covers(1);\nexpect(x).toBe(b);', ['2 covers']],
    ['in a function', 'const may = () => covers(a);\nexpect(x).toBe(may());', ['2 covers']],
    ['in a declared function', 'function may() { return covers(a); }\nexpect(x).toBe(may());', ['2 covers']],
    ['in a block', 'it("x", () => { const b = covers(a); expect(x).toBe(b); });', ['2 covers']],
    [
      'in a row of a table',
      'it.each([[1, covers(a)]])("x", (a, b) => { expect(a).toBe(b); });',
      ['2 covers'],
    ],
    ['in a loop', 'for (const b of covers(a)) expect(x).toBe(b);', ['2 covers']],
    ['a member of it', 'expect(x).toBe(covers.all(a).length);', ['2 covers']],
    ['of a namespace', 'expect(x).toBe(all.covers(a));', ['2 all']],
    ['what is expected of it', 'expect(covers(a)).toBe(true);', []],
    ['what it is given', 'const a = 1;\nexpect(covers(a)).toBe(a);', []],
    ['a parameter of its name', 'const f = (covers) => expect(x).toBe(covers(a));', []],
    ['what makes the thing under test', 'const b = createThing(a);\nexpect(x).toBe(b.y);', []],
    ['what a class begins with', 'expect(x).toEqual(Thing.from(a));', []],
    ['an error that is made', 'expect(x).toThrow(new Thing(a));', []],
    ['a type', 'expect(x).toBe(isType(a));', []],
    ['a helper of the tests', 'expect(x).toBe(helper(a));', []],
    ['a member of that name', 'expect(x).toBe(y.covers(a));', []],
  ])('is seen %s', (_, statement, expected) => {
    const imports = `import { covers, createThing, Thing, type isType } from '../../lib/a.ts'; import * as all from '../../client/b.ts'; import { helper } from '../support/c.ts';`;
    expect(found(`${imports}\n${statement}`)).toEqual(expected);
  });
});
