import { describe, expect, it } from '@jest/globals';
import type { Ad } from '../../../../lib/core/ads/ad.ts';
import { CatalogRow } from '../../../../lib/core/ads/catalog/catalog-row.ts';
import { CountrySlots } from '../../../../lib/core/ads/catalog/country-slots.ts';
import { keyRows } from '../../../../lib/core/ads/catalog/row-order.ts';
import { SortedRows } from '../../../../lib/core/ads/catalog/sorted-rows.ts';
import { adId, buildAd } from '../../../support/ad-builder.ts';
import { Prng } from '../../../support/prng.ts';

const countries = new CountrySlots();
const blockRowsMax = 8;

describe('rows in sorted blocks', () => {
  it('shares every block but the one a change falls in', () => {
    const before = fromRows(Array.from({ length: 800 }, (_, n) => row({ id: adId(2 * n) })));
    const after = before.change([{ row: row({ id: adId(801) }), removed: false }]);
    const shared = after.blocks.filter((block) => before.blocks.includes(block));
    expect(before.blocks).toHaveLength(100);
    expect(shared).toHaveLength(99);
  });

  it('keeps the number of blocks within four times what full ones need, however rows come and go', () => {
    const prng = new Prng(11);
    let rows: CatalogRow[] = [];
    let sorted = fromRows([]);
    for (let round = 0; round < 300; round++) {
      const shrinks = round % 100 > 60;
      const leaving = new Set(prng.sample(rows, prng.int(0, Math.min(rows.length, shrinks ? 40 : 5))));
      const coming = Array.from({ length: shrinks ? 0 : prng.int(0, 30) }, () =>
        row({ id: adId(prng.uint32()) }),
      );
      const changes = [
        ...[...leaving].map((row) => ({ row, removed: true })),
        ...coming.map((row) => ({ row, removed: false })),
      ].sort((a, b) => (a.row.ad.id < b.row.ad.id ? -1 : 1));
      sorted = sorted.change(changes);
      rows = [...rows.filter((row) => !leaving.has(row)), ...coming].sort((a, b) =>
        a.ad.id < b.ad.id ? -1 : 1,
      );
      expect(sorted.blocks.flatMap((block) => block.rows)).toEqual(rows);
      expect(sorted.blocks.length).toBeLessThanOrEqual((4 * rows.length) / blockRowsMax + 1);
      expect(Math.max(0, ...sorted.blocks.map((block) => block.rows.length))).toBeLessThanOrEqual(
        blockRowsMax,
      );
    }
  });

  it('refuses to remove a row that it does not hold', () => {
    const held = row({ id: adId(1) });
    const sameAd = row({ id: adId(1) });
    expect(() => fromRows([held]).change([{ row: sameAd, removed: true }])).toThrow('not in its position');
  });
});

function row(ad: Partial<Ad>): CatalogRow {
  return CatalogRow.of(buildAd(ad), countries);
}

function fromRows(rows: readonly CatalogRow[]): SortedRows {
  return SortedRows.from('id', keyRows('id', rows), blockRowsMax);
}
