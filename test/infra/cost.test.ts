import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  caps,
  closesMonth,
  costTable,
  leases,
  decisions,
  idleMonth,
  impressions,
  increments,
} from '../../lib/infra/cost.ts';
import { closeEveryMs } from '../../lib/app/delivery/take-back.ts';
import { assumed } from '../../lib/infra/load.ts';
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

it('charges idle stages for shards by the hour, and for 65 metrics of alarms, their key and the dashboard', () => {
  // staging: three shards at (0.015 + 0.020) dollars an hour, 730 hours; the sweep's and KMS's few cents, and the audit's.
  expect(idleMonth(stageSettings('staging'))).toBeCloseTo(
    3 * 0.035 * 730 + 65 * 0.1 + 1 + 3 + 0.32 + 0.29,
    2,
  );
});

describe('a million by hand, in prod', () => {
  const prod = stageSettings('prod');
  // aws.amazon.com/api-gateway/pricing and /waf/pricing: $3.50 and $0.60; a hundredth is traced, at $5.
  const calls = 3.5 + 0.6 + 0.05;
  // aws.amazon.com/lambda/pricing: $0.20 a million, and 10 ms each at $0.0000133334 a GB and second.
  const invocations = (memoryMb: number): number => 0.2 + 10_000 * (memoryMb / 1024) * 0.000_013_333_4;
  // aws.amazon.com/kinesis/data-streams/pricing: a million KB at $0.08 in and $0.04 out a GB.
  const log = (1e6 / 1024 ** 2) * 0.12;
  // 1,000 batches of half a second; in each 200 counters, whose transaction is 4 write units and a read unit.
  const counting = 1000 * 0.5 * (1769 / 1024) * 0.000_013_333_4 + 0.0002 + 0.2 * (4 * 0.625 + 0.125);
  // aws.amazon.com/dynamodb/pricing/on-demand: an item in a transaction is two write units of $0.625 a million.
  const claims = 1.25;

  it('leases cost a write for each ask, and a close four writes and reads', () => {
    expect(leases(2)).toBeCloseTo(1.25, 6);
    expect(assumed.closesPerHour).toBe(3_600_000 / closeEveryMs);
    // 2,920 closes: 3 write units at $0.625/M, 5 read units at $0.125/M, a PUT unit at $0.014/M; 8,760 sweeps of a unit.
    const dev = (2920 * (3 * 0.625 + 5 * 0.125 + 0.014) + 8760 * 0.125) / 1e6;
    expect(closesMonth(stageSettings('dev'))).toBeCloseTo(dev, 8);
  });

  it('caps cost a write each, and two and a query for a user who has had enough', () => {
    expect(caps(0)).toBeCloseTo(0.625, 6);
    expect(caps(1)).toBeCloseTo(2 * 0.625 + 0.125, 6);
  });

  it('decisions cost a call each', () => {
    expect(decisions(prod)).toBeCloseTo(calls + invocations(1769), 6);
    expect(decisions(prod)).toBeCloseTo(4.58, 2);
  });

  it('impressions cost a call, a record, a claim each, and their part of a batch', () => {
    const track = calls + invocations(512);
    expect(impressions(prod, 1)).toBeCloseTo(track + log + counting + claims, 6);
    expect(impressions(prod, 100)).toBeCloseTo(track / 100 + log + counting + claims, 6);
    expect(impressions(prod, 'served')).toBeCloseTo(log + counting + claims, 6);
    expect(impressions(prod, 'served')).toBeCloseTo(1.9, 2);
  });

  it('impressions are increments with claims; without series, a transaction in place of a write', () => {
    expect(impressions(prod, 1) - increments(prod, 1)).toBeCloseTo(claims, 6);
    const bare = { ...prod, counters: { ...prod.counters, series: {} } };
    expect(impressions(bare, 1) - increments(bare, 1)).toBeCloseTo(claims + 0.2 * (0.625 + 0.125), 6);
  });
});
