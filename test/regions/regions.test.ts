import { describe, expect, it } from '@jest/globals';
import { runScenario } from './scenario.ts';

/** `npm run regions` goes through as many as one asks for. */
const seeds = 12;

describe('two regions', () => {
  it.each(Array.from({ length: seeds }, (_, i) => i + 1))(
    'lose and double nothing in seed %i',
    async (seed) => {
      const { wrong, increments, adEvents } = await runScenario(seed);
      expect(wrong).toEqual([]);
      expect([increments > 5, adEvents > 1]).toEqual([true, true]);
    },
  );

  it('are cut off, evacuated and decide again what the other had decided', async () => {
    const all = await Promise.all(Array.from({ length: seeds }, (_, i) => runScenario(i + 1)));
    for (const fact of ['cuts', 'evacuations', 'decidedAgain'] as const)
      expect(all.reduce((sum, outcome) => sum + outcome[fact], 0)).toBeGreaterThan(seeds / 2);
  });
});
