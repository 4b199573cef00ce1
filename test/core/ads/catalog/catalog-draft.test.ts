import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { adToRow } from '../../../../lib/core/ads/ad-row.ts';
import { CatalogDraft } from '../../../../lib/core/ads/catalog/catalog-draft.ts';
import { CatalogRows } from '../../../../lib/core/ads/catalog/catalog-rows.ts';
import { Catalog } from '../../../../lib/core/ads/catalog/catalog.ts';
import { AssertionError } from '../../../../lib/core/assert.ts';
import { adId, buildAd } from '../../../support/ad-builder.ts';
import { runs } from '../../runs.ts';
import { ads, ask, edits, questions, toChanges } from './catalog-arbitraries.ts';

function rowsOf(ads: Parameters<typeof Catalog.from>[0]): CatalogRows {
  const rows = new CatalogRows();
  rows.add(new TextEncoder().encode(ads.map((ad) => `${adToRow(ad)}\n`).join('')));
  return rows;
}

describe('a draft of a catalog', () => {
  it('becomes what the catalog would be that takes the changes over', () => {
    fc.assert(
      fc.property(
        ads,
        fc.array(edits, { maxLength: 3 }),
        fc.array(questions, { maxLength: 8 }),
        (ads, batches, questions) => {
          const draft = new CatalogDraft(rowsOf(ads), 3);
          let catalog = Catalog.from(ads, 3);
          for (const edits of batches) {
            const ids = [...catalog.ads()].map(({ id }) => id);
            const changes = toChanges(edits, ids, catalog.version);
            draft.apply(changes);
            catalog = catalog.apply(changes);
            expect(draft.version).toBe(catalog.version);
          }
          const made = draft.toCatalog();
          expect([made.version, made.size]).toEqual([catalog.version, catalog.size]);
          expect([...made.ads()]).toStrictEqual([...catalog.ads()]);
          for (const question of questions) expect(ask(made, question)).toEqual(ask(catalog, question));
        },
      ),
      runs(100),
    );
  });

  it('takes no change that is not the next one, and keeps those before it', () => {
    const draft = new CatalogDraft(rowsOf([buildAd()]), 3);
    const put = (version: number) => ({
      type: 'put' as const,
      version,
      ad: buildAd({ id: adId(1), version }),
    });
    expect(() => {
      draft.apply([put(4), put(6)]);
    }).toThrow(new AssertionError('change 6 after 4'));
    const remove = { type: 'remove', version: 5, adId: adId(2), reason: 'deleted' } as const;
    expect(() => {
      draft.apply([remove]);
    }).toThrow(new AssertionError('change 5 removes an unknown ad'));
    expect(draft.version).toBe(4);
    expect(draft.toCatalog().size).toBe(2);
  });
});
