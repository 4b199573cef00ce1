import type { Defect } from '../defect.ts';

export const adsDefects: readonly Defect[] = [
  {
    name: 'head-kept-after-lost-fence',
    file: 'lib/app/ads/settle-records.ts',
    find: `  // Until the answer is here, nobody knows what the head is.
  working.head = undefined;`,
    replace: '',
    breaks:
      'After a lost fence or an unknown commit the projector goes on with the old head and loses every fence from then on: ad changes stop until the container is replaced.',
  },
  {
    name: 'sweep-event-id-reused',
    file: 'lib/app/ads/ad-expirer.ts',
    find: `      expiredEvent(['sweep', adId, endAt, version], { adId, endAt, at: nowMs }),`,
    replace: `      expiredEvent(['sweep', adId, endAt], { adId, endAt, at: nowMs }),`,
    breaks:
      "If an ad's end moves away and back after a swept event was refused, the next sweep logs the same event id, which counts as decided: the ended ad is never removed.",
  },
  {
    name: 'change-at-the-very-end',
    file: 'lib/core/ads/decide.ts',
    find: `  if (ad === undefined || ad.endAt <= event.at) return { type: 'refused', reason: 'not-found' };`,
    replace: `  if (ad === undefined || ad.endAt < event.at) return { type: 'refused', reason: 'not-found' };`,
    breaks:
      "A change whose instant is exactly the ad's end revives (or reports success for) an ad that readers already treat as ended.",
  },
  {
    name: 'null-does-not-remove-age-bound',
    file: 'lib/core/ads/ad-content.ts',
    find: '    ageStart: patch.ageStart === undefined ? content.ageStart : patch.ageStart,',
    replace: '    ageStart: patch.ageStart ?? content.ageStart,',
    breaks:
      'PATCH with age_start null answers 200 and changes nothing, so an advertiser cannot widen the audience of an ad.',
  },
  {
    name: 'outcome-claim-ends-before-redrive',
    file: 'lib/app/ads/ad-commit.ts',
    find: '  return dayMs + retentionHours * hourMs + settings.quarantineRetentionDays * dayMs;',
    replace: '  return dayMs + retentionHours * hourMs;',
    breaks:
      'An ad event that was decided and also lies in the quarantine loses its claim after eight days; redriven after that it is decided a second time, and a deleted ad is created again.',
  },
  {
    name: 'removals-counted-from-nothing',
    file: 'lib/app/ads/ad-commit.ts',
    find: `    removals: head.removals && addRemovals(head.removals, plan.overlay.changes),`,
    replace: `    removals: addRemovals(head.removals ?? { deleted: 0, expired: 0 }, plan.overlay.changes),`,
    breaks:
      'After a release that did not count them, removals begin at 0, and the page of statistics reports removed ads as updates.',
  },
  {
    name: 'ended-items-not-counted',
    file: 'lib/app/ads/ad-commit-plan.ts',
    find: ` + ended.length * actionsPerEnding;`,
    replace: `;`,
    breaks:
      'When many ads end at once, the transaction has more than 100 actions and is refused, again with each delivery: no ad changes any more.',
  },
  {
    name: 'ended-list-ends-at-a-day-without-ends',
    file: 'lib/app/ads/ended-list.ts',
    find: `    if (!more) place = placeBefore(dayMs);`,
    replace: `    if (!more && items.length === 0) return { ads, next: undefined };
    if (!more) place = placeBefore(dayMs);`,
    breaks: 'The list of ads that have ended stops at the first day on which none ended.',
  },
  {
    name: 'ended-ads-kept-by-the-old-setting',
    file: 'lib/app/ads/ended-items.ts',
    find: `  const untilMs = Math.min(Number(expiresAt) * 1000, endedUntilMs(ad, endedDays));`,
    replace: `  const untilMs = Number(expiresAt) * 1000;`,
    breaks: 'A stage that was told to keep ended ads for fewer days goes on showing the older ones.',
  },
  {
    name: 'rebuild-overlooks-the-day-of-an-end',
    file: 'lib/app/rebuild/compare-ended.ts',
    find: `      if (item === undefined || onDays[index] === undefined) found.push({ one, what: 'missing' });`,
    replace: `      if (item === undefined) found.push({ one, what: 'missing' });`,
    breaks: 'A rebuild calls a stage sound whose list of ended ads lacks some.',
  },
  {
    name: 'control-drops-other-settings-of-ads',
    file: 'lib/app/control/effective-settings.ts',
    find: `      ...settings.ads,
`,
    replace: `      endedDays: 0,
`,
    breaks: 'Once an operator changes any setting, ended ads are not kept, and snapshots do not go to S3.',
  },
];
