import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { costTable, idleMonth } from '../../lib/infra/cost.ts';
import { edgeCostTable, edgePlanTable } from '../../lib/infra/edge-cost.ts';
import { stageSettings } from '../../lib/stages.ts';

/** Without the padding that the formatter gives a table. */
function cells(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim().replace(/^:?-+:?$/, '---')));
}

it.each([
  ['docs/deploy.md', 'cost table', costTable],
  ['docs/edge.md', 'edge costs', edgeCostTable],
  ['docs/edge.md', 'edge plans', edgePlanTable],
])('gives the table that %s shows: %s', (page, name, make) => {
  const [, shown = ''] = readFileSync(page, 'utf8').split(new RegExp(`<!-- (?:end of )?${name} -->`));
  expect(cells(shown)).toEqual(cells(make()));
});

it('charges idle stages for shards by the hour, and for 66 metrics of alarms, their key and the dashboard', () => {
  // staging: three shards at (0.015 + 0.020) dollars an hour, 730 hours; the sweep's and KMS's few cents, and the audit's.
  expect(idleMonth(stageSettings('staging'))).toBeCloseTo(
    3 * 0.035 * 730 + 66 * 0.1 + 1 + 3 + 0.32 + 0.29,
    2,
  );
});
