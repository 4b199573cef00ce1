import type { Defect } from '../defect.ts';

export const catalogReaderDefects: readonly Defect[] = [
  {
    name: 'missed-chunk-not-read-strongly',
    file: 'lib/app/ads/snapshot-reader.ts',
    find: "(await state.get(key, { consistency: 'eventual' })) ?? (await state.get(key));",
    replace: "await state.get(key, { consistency: 'eventual' });",
    breaks:
      'A reader that loads a snapshot in the second after it was written finds a chunk missing, takes the snapshot for corrupt and replays the whole change log, or finds no catalog.',
  },
  {
    name: 'missed-change-taken-for-a-gap',
    file: 'lib/app/ads/change-log.ts',
    find: "      if (consistency === 'strong') throw new ChangeLogGapError(last + next.length + 1);",
    replace: '      throw new ChangeLogGapError(last + next.length + 1);',
    breaks:
      'A warm reader that reads a change in the second after it was written takes it for lost and loads its whole catalog anew, with each change.',
  },
  {
    name: 'writing-manifest-taken-for-the-newest',
    file: 'lib/app/ads/snapshot-reader.ts',
    find: "  if (newest?.state !== 'complete') newest = await state.get(key);",
    replace: '  newest ??= await state.get(key);',
    breaks:
      'A reader whose eventual read still finds the manifest as it was being written passes over the newest snapshot and loads an older one with all the changes after it.',
  },
  {
    name: 'throttled-load-begins-anew',
    file: 'lib/app/ads/catalog-reader.ts',
    find: 'startAt: deps.ids.random(), kept });',
    replace: 'startAt: deps.ids.random() });',
    breaks:
      'A cold container whose load fails throws away what it has read. A thousand of them read the same chunks again and again and none ever has its catalog.',
  },
  {
    name: 'cold-load-gives-up-when-throttled',
    file: 'lib/app/ads/catalog-reader.ts',
    find: 'held === undefined ? patientReads(deps) : deps;',
    replace: 'deps;',
    breaks: 'A thousand containers that start at once are throttled, and nearly all their callers get 503.',
  },
  {
    name: 'catalog-age-ignores-wall-clock',
    file: 'lib/app/ads/catalog-reader.ts',
    find: '    Math.max(clock.monotonicMs() - instant.monotonicMs, clock.nowMs() - instant.wallMs, 0);',
    replace: '    Math.max(clock.monotonicMs() - instant.monotonicMs, 0);',
    breaks:
      'A container that was frozen for minutes takes its catalog for fresh and serves ads that were deleted or changed long ago.',
  },
  {
    name: 'check-of-the-same-instant-is-enough',
    file: 'lib/app/ads/catalog-reader.ts',
    find: '      const isRecent = ageOf(joined.startedAt) < maxAgeMs || awaited > 0;',
    replace: '      const isRecent = ageOf(joined.startedAt) <= maxAgeMs || awaited > 0;',
    breaks:
      'With a staleness of 0 a request shares a check that began before it came (in the same instant), so a reader may miss a change that was applied before its request.',
  },
  {
    name: 'stale-answer-ignores-tokens',
    file: 'lib/app/ads/catalog-reader.ts',
    find: `    return isMet(tokens) ? undefined : { status: 'not-caught-up' };`,
    replace: `    return undefined;`,
    breaks:
      'While the store fails, a reader with a Consistency-Token gets a catalog without its own write instead of a 503.',
  },
  {
    name: 'page-cached-past-next-end',
    file: 'functions/query-ads/page-reply.ts',
    find: '  return Math.max(0, Math.floor(milliseconds / 1000));',
    replace: '  return Math.max(0, Math.ceil(milliseconds / 1000));',
    breaks:
      'In the last second before an ad starts or ends the answer may be cached past that instant, so caches show an ad after its end.',
  },
  {
    name: 'totals-survive-an-unknown-gap',
    file: 'lib/core/ads/catalog/moment.ts',
    find: '    else this.totals.forget();',
    replace: '',
    breaks:
      'When so many changes came between two queries that the steps in between are no longer known, cached totals of the old catalog are returned for the new one: wrong totals and missing or empty pages.',
  },
  {
    name: 'token-of-a-lane-checks-the-plain-mark',
    file: 'lib/app/counters/settled-items.ts',
    find: '    wanted.push({ key, attribute: markAttribute(token.position, lane), sequenceNumber });',
    replace: '    wanted.push({ key, attribute: markAttribute(token.position), sequenceNumber });',
    breaks:
      'The token of an increment of a spread (hot) counter is compared with the mark of another lane: the read answers without the write, or 503 although it is counted.',
  },
  {
    name: 'ended-ad-still-found',
    file: 'lib/app/ads/ad-reader.ts',
    find: `    if (item.ad.endAt <= clock.nowMs()) return { status: 'missing', due: item.ad };`,
    replace: `    if (item.ad.endAt <= 0) return { status: 'missing', due: item.ad };`,
    breaks:
      'GET of an ad answers 200 after its end until the expiry has been logged and projected, up to minutes when a schedule failed.',
  },
  {
    name: 'slow-check-waited-for-by-each-request',
    file: 'lib/app/ads/catalog-reader.ts',
    find: `    if (mayBeStale && running !== undefined && running === slow) {`,
    replace: `    if (mayBeStale && running !== undefined && running === slow && ageOf(running.startedAt) > 5000) {`,
    breaks: 'While a check hangs, every request of a container waits for it again.',
  },
  {
    name: 'slow-store-waited-for-to-its-deadline',
    file: 'lib/app/ads/catalog-reader.ts',
    find: `    if (mayBeStale && !(await waitAtMost(clock, checkWaitMsMax, checking))) {`,
    replace: `    if (mayBeStale && !(await waitAtMost(clock, 20 * checkWaitMsMax, checking))) {`,
    breaks: 'While the store hangs, each check holds its container for five seconds.',
  },
  {
    name: 'slow-store-makes-a-token-stale',
    file: 'lib/app/ads/catalog-reader.ts',
    find: `    const mayBeStale = !strong && maxStalenessMs > 0 && heldRefusal(tokens) === undefined;`,
    replace: `    const mayBeStale = !strong && maxStalenessMs > 0 && held !== undefined;`,
    breaks: 'A read whose token the held catalog does not meet is refused after a quarter of a second.',
  },
  {
    name: 'empty-reader-refuses-at-once',
    file: 'lib/app/ads/catalog-reader.ts',
    find: `      await clock.sleep(pauseMs);`,
    replace: `      return unanswered();`,
    breaks: 'A container without a catalog refuses in no time, so that Lambda gives it the next call.',
  },
  {
    name: 'strong-read-joins-a-check',
    file: 'lib/app/ads/catalog-reader.ts',
    find: `    const checking = check(strong ? 0 : maxStalenessMs);`,
    replace: `    const checking = check(maxStalenessMs);`,
    breaks:
      'A strong read takes the result of a check that began before it, so it may lack a change that was applied before it.',
  },
  {
    name: 'strong-page-in-a-cache',
    file: 'functions/query-ads/page-reply.ts',
    find: `        query.consistency === 'strong'
          ? askedEachTime
          : maxAge === 0`,
    replace: `        maxAge === 0`,
    breaks:
      'Browsers and proxies answer strong reads from what they kept, so a reader sees a page of before its change.',
  },
  {
    name: 'old-page-when-the-api-fails',
    file: 'functions/query-ads/page-reply.ts',
    find: `', must-revalidate, stale-if-error=0'`,
    replace: `', must-revalidate'`,
    breaks:
      'While the API fails, CloudFront goes on giving pages that it kept, for as long as it likes, with ads that have ended.',
  },
  {
    name: 'answer-in-no-time-at-the-edge',
    file: 'functions/query-ads/page-reply.ts',
    find: 'wholeSeconds(window.untilMs - nowMs - onItsWayMs)',
    replace: 'wholeSeconds(window.untilMs - nowMs)',
    breaks:
      'The age of an answer begins when the edge has it, so the edge shows an ad for up to a second after its end.',
  },
  {
    name: 'moved-catalog-is-kept',
    file: 'lib/app/ads/catalog-reader.ts',
    find: `      if (isMoved) moved = undefined;
`,
    replace: '',
    breaks:
      'After a switch of projections each check of a warm container reads every change since the switch again, so answers become slower by the day.',
  },
  {
    name: 'blobs-without-a-place',
    file: 'lib/app/ads/snapshot-writer.ts',
    find: `      chunks: JSON.stringify(hashes),
      ...(blobs && { place: 'blobs' }),
`,
    replace: `      chunks: JSON.stringify(hashes),
`,
    breaks:
      'A projector that dies between two objects of a snapshot leaves them in S3 for good: its manifest is removed as one of items.',
  },
  {
    name: 'blobs-in-an-old-manifest',
    file: 'lib/core/ads/snapshot/snapshot-manifest.ts',
    find: '{ v: blobs ? 2 : 1, ...rest }',
    replace: '{ v: 1, ...rest }',
    breaks:
      'Readers look for the chunks of a snapshot in S3 among the items, and replay every change instead.',
  },
];
