import { describe, expect, it } from '@jest/globals';
import { simulationPageOf } from '../simulation/defects/page.ts';
import { pageOf } from './page.ts';
import { summaryOf, summaryText } from './table.ts';
import type { Trial } from './trial.ts';

const trial = (name: string, area: string, caught?: Trial['caught'], kinds?: readonly string[]): Trial => ({
  planting: { name, area, files: [`lib/${name}.ts`], breaks: 'It breaks.' },
  caught,
  seconds: 1.6,
  ...(kinds && { kinds }),
});

const trials = [
  trial('a', 'counting', { suite: 'simulator', by: 'seed 7: G1 counted twice', struck: ['batch-recut'] }, [
    'batch-recut',
  ]),
  trial('b', 'counting', { suite: 'npm test', by: 'test/b.test.ts: a < b | c' }),
  trial('c', 'rate', { suite: 'npm test', by: 'test/c.test.ts: d' }),
  trial('d', 'rate'),
];

describe('the results', () => {
  it('are summed up by suite and by area', () => {
    expect(summaryText(summaryOf(trials))).toBe(
      '3 of 4 caught, 2 by npm test, 1 by simulator\nby area: counting 2/2, rate 1/2\nescaped: d',
    );
    expect(summaryText(summaryOf(trials.slice(1, 2)))).toBe(
      'all 1 caught, 1 by npm test\nby area: counting 1/1',
    );
  });

  it('are a page', () => {
    const page = pageOf(trials, 'npm run plant -- --write');
    expect(page).toContain('3 of 4 are caught; not: d.');
    expect(page).toContain('| b | `lib/b.ts` | It breaks. | npm test | test/b.test.ts: a \\< b \\| c | 2 |');
    expect(page).toContain('| rate | 2 | 1 |');
  });

  it('are another page for the simulator, with the fault kinds', () => {
    const page = simulationPageOf(trials, 'npm run simulate:defects -- --write');
    expect(page).toContain('1 of 4 caught; seeds to catch: median 7, worst 7.');
    expect(page).toContain('| a | It breaks. | yes | 7 | G1 | batch-recut |');
    expect(page).toContain('| d | It breaks. | NO |  |  |  |');
    expect(page).toContain('| `batch-recut` | 1 | a |');
  });
});
