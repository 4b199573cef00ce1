import { describe, expect, it } from '@jest/globals';
import { faultKinds } from '../faults.ts';
import { simulatedDefects } from './all-defects.ts';

const defects = Object.values(simulatedDefects).flat();
const faultNames = new Set<string>(faultKinds.map(({ name }) => name));

describe('the defects that the simulator must find', () => {
  it('are at least sixty', () => {
    expect(defects.length).toBeGreaterThanOrEqual(60);
  });

  it('are of goals in at least twenty-five', () => {
    expect(simulatedDefects['goals']?.length).toBeGreaterThanOrEqual(25);
  });

  it('have canaries of goals, which are found within fifty seeds', () => {
    const canaries = simulatedDefects['goals']?.filter(({ seedsMax }) => seedsMax === 50) ?? [];
    expect(canaries.map(({ name }) => name)).toEqual([
      'goals-lease-without-its-condition',
      'goals-fence-by-the-clock',
    ]);
  });

  it('need kinds of fault that there are', () => {
    const needed = defects.flatMap(({ needs = [] }) => needs);
    expect(needed.filter((kind) => !faultNames.has(kind))).toEqual([]);
  });
});
