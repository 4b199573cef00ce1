import type { SimulatedDefect } from '../../plant/defect.ts';

const reader = 'lib/app/ads/catalog-reader.ts';
const moment = 'lib/core/ads/catalog/moment.ts';
const queryAds = 'functions/query-ads/query-ads.ts';
const pageReply = 'functions/query-ads/page-reply.ts';
const adReader = 'lib/app/ads/ad-reader.ts';
const catalog = 'lib/core/ads/catalog/catalog.ts';

/** Reads of ads: the catalog of a warm container, its index, one ad by its id. */
export const readerDefects: readonly SimulatedDefect[] = [
  {
    name: 'cold-reader-shows-nothing',
    file: reader,
    find: `  let held: Held | undefined;
  let running`,
    replace: `  const nothing = parseHead(undefined);
  let held: Held | undefined = {
    catalog: Catalog.empty(),
    head: nothing,
    token: tokenOfHead(nothing),
    checkedAt: { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() },
  };
  let running`,
    breaks: 'For its first second a new container answers that there are no ads.',
    expects: ['G3', 'G7', 'I7'],
  },
  {
    name: 'half-applied-catalog-kept',
    file: reader,
    find: `      await bringUpTo({ ...reads, telemetry }, head, follower, { tools, startAt: deps.ids.random(), kept });
      const catalog`,
    replace: `      await bringUpTo({ ...reads, telemetry }, head, follower, { tools }).catch((error: unknown) => {
        if (!isStateStoreError(error)) throw error;
      });
      const catalog`,
    breaks: 'After an error half way the reader believes that its catalog is at the version of the head.',
    expects: ['G3', 'G7', 'I6'],
  },
  {
    name: 'catalog-tokens-ignored',
    file: reader,
    find: `    if (isMet(tokens)) return viewFrom(arrivedMs);
    const caughtUp`,
    replace: `    if (isMet(tokens) || held !== undefined) return viewFrom(arrivedMs);
    const caughtUp`,
    breaks: 'A page that is read with a token lacks the write.',
    expects: ['G7'],
  },
  {
    name: 'ad-token-met-by-any-mark',
    file: 'lib/app/ads/ad-head.ts',
    find: `  return settled >= toMark(token.position.sequenceNumber);`,
    replace: `  return settled >= toMark('1');`,
    breaks: 'A token is met as soon as its shard has been read at all.',
    expects: ['G7'],
  },
  {
    name: 'ad-tokens-compared-as-text',
    file: 'lib/app/ads/ad-head.ts',
    find: `  return settled >= toMark(token.position.sequenceNumber);`,
    replace: `  return settled.slice(3) >= token.position.sequenceNumber && toMark('0') !== '';`,
    breaks: 'If numbers grow by a digit, tokens are met too early or never.',
    expects: ['G7'],
  },
  {
    name: 'warm-read-ignores-tokens',
    file: reader,
    find: `if (staleMs <= maxStalenessMs && (tokens.length === 0 || isMet(tokens))) return view(staleMs);`,
    replace: `if (staleMs <= maxStalenessMs) return view(staleMs);`,
    breaks: 'For a second after a check a warm container answers without checking the token.',
    expects: ['G7'],
  },
  {
    name: 'staleness-by-a-frozen-clock',
    file: reader,
    find: `    Math.max(clock.monotonicMs() - instant.monotonicMs, clock.nowMs() - instant.wallMs, 0);`,
    replace: `    Math.max(clock.monotonicMs() - instant.monotonicMs, 0);`,
    breaks: 'A container that was frozen for minutes serves its old catalog as if it were fresh.',
    expects: ['I7', 'G2'],
    needs: ['stale-container'],
  },
  {
    name: 'stale-without-end',
    file: reader,
    find: `    if (held === undefined || ageOf(held.checkedAt) > staleServeMaxMs) return { status: 'unavailable' };`,
    replace: `    if (held === undefined) return { status: 'unavailable' };`,
    breaks: 'While the store is down a reader serves an ever older catalog.',
    expects: ['I7', 'G9'],
  },
  {
    name: 'totals-cached-across-instants',
    file: moment,
    find: `    this.#moveInTime(atMs);
    this.#atMs = atMs;`,
    replace: `    this.#atMs = Math.max(this.#atMs, atMs);`,
    breaks: 'The total still counts ads that have ended and lacks those that have started.',
    expects: ['G3', 'G4'],
  },
  {
    name: 'ended-ads-stay-in-the-window',
    file: moment,
    find: `    if (state === this.#state && this.#fromMs <= atMs && atMs < this.#untilMs) return;`,
    replace: `    if (state === this.#state && this.#fromMs <= atMs) return;`,
    breaks: 'Until the next change of any ad, ads that have ended are served.',
    expects: ['G4', 'G3', 'I8'],
  },
  {
    name: 'start-seen-once',
    file: 'lib/core/ads/catalog/bitmap-index.ts',
    find: `    if (this.#startedFromMs <= atMs && atMs < this.#startedUntilMs) return;`,
    replace: `    if (this.#startedFromMs <= atMs) return;`,
    breaks: 'A scheduled ad is not served when its time comes.',
    expects: ['G3', 'G4'],
  },
  {
    name: 'clock-never-goes-back',
    file: 'lib/core/ads/catalog/bitmap-index.ts',
    find: `    if (this.#startedFromMs <= atMs && atMs < this.#startedUntilMs) return;`,
    replace: `    if (atMs < this.#startedUntilMs) return;`,
    breaks: 'After the clock was set back, ads are served that have not started by it.',
    expects: ['G4', 'G3'],
    needs: ['clock-jumps-back'],
  },
  {
    name: 'total-of-the-page',
    file: pageReply,
    find: `      return pageJson(items, total);`,
    replace: `      return pageJson(items, Math.min(total, query.page.offset + items.length));`,
    breaks: 'The total is that of the pages so far.',
    expects: ['G3', 'I10'],
  },
  {
    name: 'pages-overlap',
    file: catalog,
    find: `readPage(scan, offset, wanted) : [], total };`,
    replace: `readPage(scan, Math.max(offset - 1, 0), wanted) : [], total };`,
    breaks: 'Each page begins with the last ad of the one before.',
    expects: ['G3'],
  },
  {
    name: 'list-skips-an-ad-per-page',
    file: queryAds,
    find: `? idOf(page.at(-1) ?? '')`,
    replace: `? idOf(found.at(-1) ?? '')`,
    breaks: 'One ad at each page boundary is never listed.',
    expects: ['G3'],
  },
  {
    name: 'ended-ad-listed',
    file: catalog,
    find: `        if (items.length < limit && atMs < row.endAt) items.push(row.json);`,
    replace: `        if (items.length < limit) items.push(row.json);`,
    breaks: 'The list shows ads that have ended until their expiry is logged.',
    expects: ['G4', 'I8'],
  },
  {
    name: 'ended-ad-read-by-id',
    file: adReader,
    find: `    if (item.ad.endAt <= clock.nowMs()) return { status: 'missing', due: item.ad };`,
    replace: `    if (item.ad.endAt <= 0) return { status: 'missing', due: item.ad };`,
    breaks: 'An ad whose schedule is late is still found after its end.',
    expects: ['G4', 'I8'],
    needs: ['schedule-unreliable'],
  },
  {
    name: 'young-ids-not-waited-for',
    file: adReader,
    find: `  const waitMs = isRecentId(adId, clock.nowMs()) ? recentIdWaitMs : 0;`,
    replace: `  const waitMs = isRecentId(adId, clock.nowMs()) && adId === '' ? recentIdWaitMs : 0;`,
    breaks: 'An ad that was accepted a moment ago is answered 404.',
    expects: ['G7', 'I10'],
  },
  {
    name: 'item-read-before-the-head',
    file: adReader,
    find: `      if (!(await waitForTokens(deps, tokens))) return { status: 'not-caught-up' };
      const found = await findAd(deps, pointer, adId);`,
    replace: `      const found = await findAd(deps, pointer, adId);
      if (!(await waitForTokens(deps, tokens))) return { status: 'not-caught-up' };`,
    breaks: 'The ad is read, then its token is waited for: the answer lacks the write.',
    expects: ['G7'],
  },
  {
    name: 'etag-of-the-version-alone',
    file: pageReply,
    find: 'tag: `${version}-${fromMs.toString(36)}-` };',
    replace: 'tag: `${version}-` };',
    breaks: 'A client that sends its entity tag gets 304 after an ad has started or ended.',
    expects: ['G4', 'I10'],
  },
  {
    name: 'cached-past-the-next-instant',
    file: pageReply,
    find: `stale ? 0 : Math.min(maxAgeMax, wholeSeconds(window.untilMs - nowMs - onItsWayMs));`,
    replace: `stale ? 0 : maxAgeMax;`,
    breaks: 'A cache still serves a page in which an ad has ended.',
    expects: ['G4', 'I10'],
  },
  {
    name: 'strong-read-from-a-warm-catalog',
    file: reader,
    find: `if (held !== undefined && maxStalenessMs > 0 && consistency === 'eventual') {`,
    replace: `if (held !== undefined && maxStalenessMs > 0) {`,
    breaks: 'For a second after a check a warm container answers a strong read without a check.',
    expects: ['I7'],
  },
  {
    name: 'strong-read-served-stale',
    file: reader,
    find: `(strong ? { status: 'unchecked' } : stale(tokens));`,
    replace: `stale(tokens);`,
    breaks: 'While the store is down a strong read is answered from the old catalog.',
    expects: ['I7'],
  },
  {
    name: 'strong-list-read-eventually',
    file: queryAds,
    find: `    const view = await catalogs.current(tokens, query.consistency);
    if (view.status !== 'ok') return unansweredView(view, deps);
    const headers`,
    replace: `    const view = await catalogs.current(tokens);
    if (view.status !== 'ok') return unansweredView(view, deps);
    const headers`,
    breaks: 'The list of live ads takes the parameter and ignores it.',
    expects: ['I7'],
  },
];
