import { describe, expect, it } from '@jest/globals';
import { CatalogRow } from '../../../../lib/core/ads/catalog/catalog-row.ts';
import {
  appendStep,
  stepsBetween,
  type CatalogState,
  type Step,
} from '../../../../lib/core/ads/catalog/catalog-state.ts';
import { CountrySlots } from '../../../../lib/core/ads/catalog/country-slots.ts';
import { buildAd } from '../../../support/ad-builder.ts';

const change = { row: CatalogRow.of(buildAd(), new CountrySlots()), removed: false };

/** States one after another, made by steps of so many rows. */
function states(rowCounts: readonly number[]): CatalogState[] {
  const made = [{ mark: Symbol(), steps: [] as readonly Step[] }];
  for (const count of rowCounts) {
    const { mark, steps } = made.at(-1)!;
    const step = { before: mark, changes: new Array<typeof change>(count).fill(change) };
    made.push({ mark: Symbol(), steps: appendStep(steps, step) });
  }
  return made as unknown as CatalogState[];
}

const rowsOf = (steps: readonly Step[] | undefined): number[] | undefined =>
  steps?.map(({ changes }) => changes.length);

describe('the way from one state to a later one', () => {
  it('is the steps between, oldest first', () => {
    const [first, second, , fourth] = states([1, 2, 3]);
    expect(rowsOf(stepsBetween(first!, fourth!))).toEqual([1, 2, 3]);
    expect(rowsOf(stepsBetween(second!, fourth!))).toEqual([2, 3]);
  });

  it('is not known backwards, to itself or from another line', () => {
    const [first, second] = states([1]);
    const [, stranger] = states([1]);
    expect(stepsBetween(second!, first!)).toBeUndefined();
    expect(stepsBetween(second!, second!)).toBeUndefined();
    expect(stepsBetween(stranger!, second!)).toBeUndefined();
  });

  it('is remembered for 128 steps', () => {
    const line = states(new Array<number>(300).fill(1));
    expect(line.map(({ steps }) => steps.length).slice(126, 131)).toEqual([126, 127, 128, 128, 128]);
    expect(stepsBetween(line[300 - 128]!, line[300]!)).toHaveLength(128);
    expect(stepsBetween(line[300 - 129]!, line[300]!)).toBeUndefined();
  });

  it('is remembered for 2048 rows', () => {
    const kept = (rowCounts: readonly number[]): unknown => rowsOf(states(rowCounts).at(-1)!.steps);
    expect(kept([1000, 1000, 48])).toEqual([1000, 1000, 48]);
    expect(kept([1000, 1000, 49])).toEqual([1000, 49]);
    expect(kept([5, 2048])).toEqual([2048]);
    expect(kept([5, 2049])).toEqual([]);
    expect(kept([2049, 5])).toEqual([5]);
  });
});
