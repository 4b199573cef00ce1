import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Catalog, type CatalogOptions } from '../../../../lib/core/ads/catalog/catalog.ts';
import { adId } from '../../../support/ad-builder.ts';
import { runs } from '../../runs.ts';
import { ads, ask, edits, filters, instants, questions, toChanges } from './catalog-arbitraries.ts';
import { NaiveCatalog } from './naive-catalog.ts';

/**
 * Blocks of 3 rows are split, joined and emptied all the time; those of 64 need masks over two words. A
 * journal of a few rows is overrun by a step of the clock, and shapes are forgotten by the next question.
 */
const catalogOptions: fc.Arbitrary<CatalogOptions> = fc.record({
  blockRowsMax: fc.constantFrom(2, 3, 8, 31, 32, 33, 64, 512),
  totals: fc.record({
    journalMax: fc.constantFrom(1, 2, 3, 8, 40, 4096),
    shapesMax: fc.constantFrom(1, 2, 32_768),
  }),
});
const manyRuns = runs(150);
/** Asks after every single change, which is slower. */
const stepwiseRuns = runs(40);

describe('a catalog compared with a sorted and filtered array', () => {
  it('gives the same page and total for any filter, instant, offset and limit', () => {
    fc.assert(
      fc.property(ads, fc.array(questions, { maxLength: 20 }), catalogOptions, (ads, questions, options) => {
        const catalog = Catalog.from(ads, 7, options);
        const model = new NaiveCatalog(ads);
        for (const question of questions) expect(ask(catalog, question)).toEqual(ask(model, question));
      }),
      manyRuns,
    );
  });

  it('still does after changes, at every version, with the clock going either way', () => {
    fc.assert(
      fc.property(
        ads,
        fc.array(fc.tuple(edits, fc.array(questions, { maxLength: 6 })), { maxLength: 8 }),
        catalogOptions,
        (ads, rounds, options) => {
          let catalog = Catalog.from(ads, 0, options);
          let model = new NaiveCatalog(ads);
          for (const [edits, questions] of rounds) {
            const changes = toChanges(edits, ids(model), catalog.version);
            catalog = catalog.apply(changes);
            model = model.apply(changes);
            expect([catalog.size, catalog.bytes]).toEqual([model.ads.length, model.bytes]);
            for (const question of questions) expect(ask(catalog, question)).toEqual(ask(model, question));
          }
        },
      ),
      manyRuns,
    );
  });

  it('gives the same totals when one filter follows the clock and the changes step by step', () => {
    fc.assert(
      fc.property(
        edits,
        fc.array(filters, { minLength: 1, maxLength: 3 }),
        fc.array(instants, { minLength: 1, maxLength: 120, size: 'max' }),
        catalogOptions,
        (edits, filters, clock, options) => {
          let catalog = Catalog.empty(options);
          let model = new NaiveCatalog([]);
          for (const change of toChanges(edits, [], 0)) {
            catalog = catalog.apply([change]);
            model = model.apply([change]);
            const atMs = clock[catalog.version % clock.length]!;
            for (const filter of filters) {
              const question = { filter, atMs, offset: 0, limit: 3 };
              expect(ask(catalog, question)).toEqual(ask(model, question));
            }
          }
        },
      ),
      stepwiseRuns,
    );
  });

  it('keeps every older catalog, and every branch, answering as before', () => {
    fc.assert(
      fc.property(
        ads,
        fc.array(fc.tuple(fc.nat(100), edits), { minLength: 1, maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(100), questions), { maxLength: 30 }),
        catalogOptions,
        (ads, branches, asked, options) => {
          const catalogs = [Catalog.from(ads, 0, options)];
          const models = [new NaiveCatalog(ads)];
          for (const [from, edits] of branches) {
            const catalog = catalogs[from % catalogs.length]!;
            const model = models[from % models.length]!;
            const changes = toChanges(edits, ids(model), catalog.version);
            catalogs.push(catalog.apply(changes));
            models.push(model.apply(changes));
          }
          for (const [which, question] of asked) {
            const model = models[which % models.length]!;
            expect(ask(catalogs[which % catalogs.length]!, question)).toEqual(ask(model, question));
          }
        },
      ),
      manyRuns,
    );
  });

  it('is the same whether made at once, in batches or change by change', () => {
    fc.assert(
      fc.property(
        edits,
        fc.integer({ min: 1, max: 30 }),
        fc.array(questions, { maxLength: 10 }),
        catalogOptions,
        (edits, batch, questions, options) => {
          const changes = toChanges(edits, [], 0);
          const atOnce = Catalog.from(new NaiveCatalog([]).apply(changes).ads, changes.length);
          let inBatches = Catalog.empty(options);
          for (let i = 0; i < changes.length; i += batch)
            inBatches = inBatches.apply(changes.slice(i, i + batch));
          let oneByOne = Catalog.empty(options);
          for (const change of changes) oneByOne = oneByOne.apply([change]);
          for (const catalog of [inBatches, oneByOne]) {
            expect(facts(catalog)).toEqual(facts(atOnce));
            for (const question of questions) expect(ask(catalog, question)).toEqual(ask(atOnce, question));
          }
        },
      ),
      manyRuns,
    );
  });

  it('lists by id what has not ended, and finds each ad', () => {
    fc.assert(
      fc.property(
        edits,
        instants,
        fc.option(fc.nat(80), { nil: undefined }),
        fc.nat(20),
        catalogOptions,
        (edits, atMs, after, limit, options) => {
          const changes = toChanges(edits, [], 0);
          const catalog = Catalog.empty(options).apply(changes);
          const model = new NaiveCatalog([]).apply(changes);
          const afterId = after === undefined ? undefined : adId(after);
          expect(catalog.listById(afterId, limit, atMs)).toEqual(model.listById(afterId, limit, atMs));
          for (let n = 0; n < 80; n++) {
            expect(catalog.get(adId(n))).toBe(model.ads.find((ad) => ad.id === adId(n)));
          }
        },
      ),
      manyRuns,
    );
  });

  it('knows the last and the next instant at which an ad starts or ends', () => {
    fc.assert(
      fc.property(edits, instants, catalogOptions, (edits, atMs, options) => {
        const changes = toChanges(edits, [], 0);
        const catalog = Catalog.empty(options).apply(changes);
        const all = new NaiveCatalog([]).apply(changes).instants();
        expect(catalog.lastInstant(atMs)).toBe(all.findLast((instant) => instant <= atMs) ?? 0);
        expect(catalog.nextInstant(atMs)).toBe(all.find((instant) => instant > atMs));
      }),
      manyRuns,
    );
  });

  it('pages through everything once, in order', () => {
    fc.assert(
      fc.property(
        ads,
        filters,
        instants,
        fc.integer({ min: 1, max: 7 }),
        catalogOptions,
        (ads, filter, atMs, limit, options) => {
          const catalog = Catalog.from(ads, 0, options);
          const { total, items: all } = catalog.query(filter, atMs, { offset: 0, limit: 100 });
          const pages: string[] = [];
          for (let offset = 0; offset < total; offset += limit) {
            pages.push(...catalog.query(filter, atMs, { offset, limit }).items);
          }
          expect(pages).toEqual(all);
          expect(all).toHaveLength(total);
        },
      ),
      manyRuns,
    );
  });
});

function ids(model: NaiveCatalog): string[] {
  return model.ads.map((ad) => ad.id);
}

function facts(catalog: Catalog): unknown {
  return [catalog.version, catalog.size, catalog.bytes, catalog.listById(undefined, 1000, -1)];
}
