import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPageReply } from '../../functions/query-ads/page-reply.ts';
import type { CatalogView } from '../../lib/app/ads/catalog-reader.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { Catalog } from '../../lib/core/ads/catalog/catalog.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adId, buildAd } from '../support/ad-builder.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const startMs = 1_000_000;
/** An old page may have an ad that has ended. */
const onceOld = ', must-revalidate, stale-if-error=0';
const query = { filter: {}, page: { offset: 0, limit: 100 }, consistency: undefined, tag: 'q' };

function createPages(maxStalenessMs: number, publicReads = true) {
  const clock = createVirtualClock({ startMs });
  const stage = stageSettings('local');
  const settings = {
    ...stage,
    http: { ...stage.http, publicReads },
    reader: { maxStalenessMs, staleServeMaxMs: 60_000 },
  };
  const reply = createPageReply({ clock, ids: systemIds, settings });
  return {
    at: (nowMs: number, catalog: Catalog, staleMs = 0, tag = 'q') => {
      clock.jump(nowMs - clock.nowMs());
      const view: CatalogView = { status: 'ok', catalog, staleMs, token: 'token' };
      const answer = reply({ ...query, tag, consistency: 'eventual' }, view) as {
        status: number;
        headers: Readonly<Record<string, string>>;
        body: () => string;
      };
      return { ...answer, text: answer.body() };
    },
  };
}

/** Ads with few starts and ends, so that many coincide. */
const instant = fc.integer({ min: 0, max: 12 });
const ads = fc
  .array(fc.uniqueArray(instant, { minLength: 2, maxLength: 2 }), { maxLength: 5 })
  .map((windows) =>
    windows.map(([a = 0, b = 0], n) =>
      buildAd({
        id: adId(n),
        startAt: startMs + 700 * Math.min(a, b),
        endAt: startMs + 700 * Math.max(a, b),
      }),
    ),
  );

describe('the entity tag of a page', () => {
  it('is the same exactly within one version and between two starts or ends, wherever the clock goes', () => {
    fc.assert(
      fc.property(
        fc.array(ads, { minLength: 1, maxLength: 2 }),
        fc.array(fc.tuple(fc.nat(1), instant, fc.integer({ min: -1, max: 1 })), { maxLength: 25 }),
        (versions, walk) => {
          const pages = createPages(0);
          const catalogs = versions.map((ads, version) => Catalog.from(ads, version + 1));
          const windows = new Map<string, string>();
          for (const [which, at, offset] of walk) {
            const version = which % catalogs.length;
            const nowMs = startMs + 700 * at + offset;
            const edges = versions[version]!.flatMap(({ startAt, endAt }) => [startAt, endAt]);
            const passed = new Set(edges.filter((edge) => edge <= nowMs)).size;
            const { headers, text } = pages.at(nowMs, catalogs[version]!);
            const seen = windows.get(headers.ETag!);
            const window = `${version} ${passed} ${text}`;
            expect(seen ?? window).toBe(window);
            windows.set(headers.ETag!, window);
            expect(headers['Catalog-Version']).toBe(String(version + 1));
          }
          expect(new Set(windows.values()).size).toBe(windows.size);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('differs for another query', () => {
    const pages = createPages(0);
    const catalog = Catalog.from([], 1);
    expect(pages.at(startMs, catalog, 0, 'a').headers.ETag).not.toBe(
      pages.at(startMs, catalog, 0, 'b').headers.ETag,
    );
  });
});

describe('the time that a page may be kept', () => {
  const ad = buildAd({ startAt: startMs + 10_000, endAt: startMs + 20_000 });
  const catalog = Catalog.from([ad], 1);

  it.each([
    [0, `public, max-age=3${onceOld}`],
    [7000, `public, max-age=3${onceOld}`],
    [7001, `public, max-age=2${onceOld}`],
    [9000, `public, max-age=1${onceOld}`],
    [9001, `public, max-age=0${onceOld}`],
    [9999, `public, max-age=0${onceOld}`],
    [10_000, `public, max-age=3${onceOld}`],
    [18_000, `public, max-age=2${onceOld}`],
    [19_999, `public, max-age=0${onceOld}`],
    [20_000, `public, max-age=3${onceOld}`],
  ])('ends before the next start or end: %d ms', (afterMs, control) => {
    // A catalog may be 3.9 s old, so an answer may be kept for 3 s.
    const pages = createPages(3900);
    expect(pages.at(startMs, catalog).headers['Cache-Control']).toBe(`public, max-age=3${onceOld}`);
    expect(pages.at(startMs + afterMs, catalog).headers['Cache-Control']).toBe(control);
  });

  it.each([
    [3900, `public, max-age=3${onceOld}`, undefined],
    [3901, `public, max-age=0${onceOld}`, '3901'],
    [3901.6, `public, max-age=0${onceOld}`, '3902'],
  ])(
    'is none for a catalog that is older than the stage allows, and says its age: %d ms',
    (staleMs, control, age) => {
      const { headers } = createPages(3900).at(startMs, catalog, staleMs);
      expect([headers['Cache-Control'], headers['Catalog-Stale-Ms']]).toEqual([control, age]);
    },
  );

  it('is for the client alone where reads need a token, and never for another token', () => {
    const { headers } = createPages(3900, false).at(startMs, catalog);
    expect(headers['Cache-Control']).toBe('private, max-age=3');
    expect(headers.Vary).toBe('Consistency-Token');
    expect(createPages(0, false).at(startMs, catalog).headers['Cache-Control']).toBe('private, max-age=0');
    expect(createPages(999).at(startMs, catalog).headers['Cache-Control']).toBe(
      `public, max-age=0${onceOld}`,
    );
  });
});
