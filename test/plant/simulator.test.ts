import { describe, expect, it } from '@jest/globals';
import { ImportGraph } from './import-graph.ts';
import { simulator } from './simulator.ts';
import { plantingNamed } from './support/fake-suite.ts';

const graph = new ImportGraph(
  new Map([
    ['lib/ad.ts', ''],
    ['lib/other.ts', ''],
    ['test/simulation/main.ts', "import '../../lib/ad.ts';"],
  ]),
);
const suite = simulator(graph, { from: 5, seeds: 3 });

describe('the seeds that try a planting', () => {
  it('are those that the command line names', () => {
    expect(suite.checksOf(plantingNamed('ad'))).toEqual(['seed 5', 'seed 6', 'seed 7']);
  });

  it('are none if the simulated product does not have the file', () => {
    expect(suite.checksOf(plantingNamed('other'))).toEqual([]);
  });

  it('have goals if it takes goals, and are no more than it may take', () => {
    const planting = { ...plantingNamed('ad'), withGoals: true, seedsMax: 2 };
    expect(suite.checksOf(planting)).toEqual(['seed 5 with goals', 'seed 6 with goals']);
  });
});
