import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { nodeFlags } from '../lib/embedded/node-flags.ts';
import { functionNames } from '../lib/stages.ts';

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

  it('starts the pipeline as tests and measurements start it', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: { start: string } };
    expect(scripts.start).toBe(['node', ...nodeFlags, 'bin/local.ts'].join(' '));
  });
});
