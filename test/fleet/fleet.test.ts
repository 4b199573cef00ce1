import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { scenarios } from './all-scenarios.ts';
import { quotasTable } from './page.ts';
import { runProgram } from './run-program.ts';

function fleet(...args: readonly string[]): ReturnType<typeof runProgram> {
  return runProgram(path.join(import.meta.dirname, 'main.ts'), ...args);
}

describe('npm run fleet', () => {
  it.each(scenarios.map(({ name }) => name))('%s keeps its promises, in the quick form', async (name) => {
    const { exitCode, stdout } = await fleet('--scenario', name, '--quick', '--json', '--seed', '3');
    const { promises } = JSON.parse(stdout) as { promises: readonly { kept: boolean; promise: string }[] };
    expect(promises.filter(({ kept }) => !kept)).toEqual([]);
    expect(promises.length).toBeGreaterThan(0);
    expect(exitCode).toBe(0);
  });

  it('refuses a scenario that there is not', async () => {
    expect(await fleet('--scenario', 'none')).toMatchObject({ exitCode: 2 });
  });

  it('has a table and a plot of each scenario in its page, and the quotas as they are', () => {
    const page = readFileSync(path.join(import.meta.dirname, '../../docs/fleet.md'), 'utf8');
    for (const { name } of scenarios) {
      expect(page).toContain(`<!-- end of ${name} -->`);
      expect(page).toContain(`(fleet/${name}.svg)`);
    }
    expect(page).toContain(quotasTable());
  });
});
