import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deployedStages, variants } from '../infra/deployed-stages.ts';
import { parseOptions, runCommand } from '../../lib/options.ts';
import { installPython } from '../run/python-tool.ts';

/**
 * Goal: the template of each stage and variant is one that CloudFormation takes, by the schemas of its resources:
 * types, names and values of properties, references, circles. Not a goal: what is wise, which cdk-nag and the tests of
 * test/infra say. How to run: `npm run test:cfn-lint`.
 */
const cfnLint = 'cfn-lint==1.58.0';

/**
 * Rules that are off.
 * W3005: a DependsOn that a reference implies. CDK writes these, and they do no harm.
 */
const off = ['W3005'];

await runCommand({
  name: 'test:cfn-lint',
  usage: `Checks the template of each stage and variant by CloudFormation's schemas: npm run test:cfn-lint

Installs cfn-lint from PyPI (Python 3.10).
Exit codes: 0 nothing was found, 1 something was, 2 wrong arguments.
`,
  read: (args) => parseOptions(args, {}),
  run() {
    const installed = installPython(fileURLToPath(new URL('.installed/', import.meta.url)), [cfnLint]);
    const folder = mkdtempSync(join(tmpdir(), 'adtally-cfn-lint-'));
    try {
      return Promise.resolve(check(join(installed, 'cfn-lint'), folder));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
});

function check(program: string, folder: string): number {
  const synthesise = fileURLToPath(new URL('../infra/synthesise-all.ts', import.meta.url));
  if (spawnSync(process.execPath, [synthesise, folder], { stdio: 'inherit' }).status !== 0) return 1;
  const templates = [...deployedStages, ...Object.keys(variants)].map((name) => join(folder, `${name}.json`));
  const started = performance.now();
  const found = lint(program, templates);
  const seconds = Math.round((performance.now() - started) / 1000);
  if (found !== 0) return 1;
  if (lint(program, [spoilt(templates[0] ?? '', folder)], 'ignore') === 0) {
    process.stderr.write('cfn-lint accepts a function that runs on no runtime: it checks nothing\n');
    return 1;
  }
  process.stdout.write(`cfn-lint has nothing against ${templates.length} templates (${seconds} s)\n`);
  return 0;
}

function lint(
  program: string,
  templates: readonly string[],
  stdio: 'inherit' | 'ignore' = 'inherit',
): number {
  const { status } = spawnSync(program, ['--ignore-checks', ...off, '--', ...templates], { stdio });
  return status ?? 1;
}

/** A copy with a defect, which must be found. */
function spoilt(template: string, folder: string): string {
  const text = readFileSync(template, 'utf8').replaceAll('nodejs24.x', 'nodejs24.y');
  const path = join(folder, 'spoilt.json');
  writeFileSync(path, text);
  return path;
}
