import type { SimulatedDefect } from '../../plant/defect.ts';

const ended = 'lib/core/ads/ended-ad.ts';
const commit = 'lib/app/ads/ad-commit.ts';
const items = 'lib/app/ads/ended-items.ts';
const list = 'lib/app/ads/ended-list.ts';
const reader = 'lib/app/ads/ad-reader.ts';
const plan = 'lib/app/ads/ad-commit-plan.ts';

/** What is kept of ads that have ended, and read. */
export const endedDefects: readonly SimulatedDefect[] = [
  {
    name: 'deleted-ad-kept-as-ended',
    file: ended,
    find: `    if (change.type !== 'remove' || change.reason !== 'expired') return [];`,
    replace: `    if (change.type !== 'remove') return [];`,
    breaks: 'An ad that its owner has deleted can be read for 90 days more.',
    expects: ['G3', 'G5'],
  },
  {
    name: 'taken-over-ad-not-kept',
    file: plan,
    find: `endedBy(made, overlay);`,
    replace: `endedBy(made.slice(-1), overlay);`,
    breaks: 'An ad that has ended and whose external id an import takes is gone at once.',
    expects: ['G3', 'G5'],
  },
  {
    name: 'ended-ad-not-kept',
    file: commit,
    find: `    ...plan.endings.flatMap((ended) => keepEnded(ended, deps.settings.ads.endedDays)),
    ...outcomeActions`,
    replace: `    ...outcomeActions`,
    breaks: 'Ads that end are removed and not kept.',
    expects: ['G3', 'G5'],
  },
  {
    name: 'ended-ad-of-another-version',
    file: items,
    find: `  return [
    {
      type: 'put',
      key: endedKey(ad.id),
      attributes: { ad: adToRow(ad),`,
    replace: `  return [
    {
      type: 'put',
      key: endedKey(ad.id),
      attributes: { ad: adToRow({ ...ad, version: endedVersion }),`,
    breaks: 'An ad that has ended is shown with a version that it never had.',
    expects: ['G3', 'G5'],
  },
  {
    name: 'ended-list-repeats-an-ad-per-page',
    file: list,
    find: `.filter((sk) => sk !== place);`,
    replace: `.filter((sk) => sk !== '');`,
    breaks: 'The last ad of each page is the first of the next one too.',
    expects: ['G3'],
  },
  {
    name: 'ended-list-oldest-first',
    file: list,
    find: `limit: itemsMax, order: 'descending' } as const;`,
    replace: `limit: itemsMax, order: 'ascending' } as const;`,
    breaks: 'The list of ads that have ended has them in another order, and its pages lead nowhere.',
    expects: ['G3'],
  },
  {
    name: 'ended-ad-gone-until-its-removal',
    file: reader,
    find: `    return nowMs < endedUntilMs(found.due, endedDays) ? found.due : undefined;`,
    replace: `    return nowMs < endedUntilMs(found.due, 0) ? found.due : undefined;`,
    breaks: 'From its end until its removal an ad is answered 404 to who asks for ended ads.',
    expects: ['G3'],
  },
];
