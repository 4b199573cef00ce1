import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals';
import { faultKinds } from '../faults.ts';
import { defects } from './all-defects.ts';
import type { Defect } from './defect.ts';
import { hunt } from './hunt.ts';
import { occurrences, PlantedCopy } from './planted-copy.ts';

/** Many more than the two need, and few enough to end if they were not caught. */
const seeds = 40;

const faultNames = new Set<string>(faultKinds.map(({ name }) => name));

describe('the planted defects', () => {
  it('are at least sixty, each with a name of its own', () => {
    expect(defects.length).toBeGreaterThanOrEqual(60);
    expect(new Set(defects.map(({ name }) => name)).size).toBe(defects.length);
  });

  it.each(defects.map((defect) => [defect.name, defect] as const))('%s still fits its file', (_, defect) => {
    expect(occurrences(defect)).toBe(1);
    expect(defect.replace).not.toBe(defect.find);
    expect((defect.needs ?? []).filter((kind) => !faultNames.has(kind))).toEqual([]);
  });
});

describe('a hunt', () => {
  let copy: PlantedCopy;
  beforeAll(() => {
    copy = new PlantedCopy();
  });
  afterAll(() => {
    copy.remove();
  });

  test.each(['claim-unchecked', 'pages-overlap'])('catches %s', async (name) => {
    const restore = copy.plant(defectNamed(name));
    try {
      const found = await hunt({ folder: copy.folder, from: 1, seeds });
      expect(found).toMatchObject({ status: 'caught' });
    } finally {
      restore();
    }
  });

  it('finds nothing in the product as it is', async () => {
    expect(await hunt({ folder: copy.folder, from: 1, seeds: 2 })).toEqual({ status: 'escaped', seeds: 2 });
  });
});

function defectNamed(wanted: string): Defect {
  const found = defects.find(({ name }) => name === wanted);
  if (found === undefined) throw new RangeError(`no defect ${wanted}`);
  return found;
}
