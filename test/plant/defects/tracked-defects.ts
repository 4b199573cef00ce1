import type { Defect } from '../defect.ts';

const chunk = 'lib/core/counters/chunk.ts';

export const trackedDefects: readonly Defect[] = [
  {
    name: 'tracked-event-without-claim',
    file: chunk,
    find: `      this.#sum.add('1');
      this.#claims.push(content.id);`,
    replace: `      this.#sum.add('1');`,
    breaks: 'A beacon that is sent again in a later batch is counted again, as often as somebody sends it.',
  },
  {
    name: 'tracked-duplicate-in-no-number',
    file: chunk,
    find: '    if (number !== undefined) addTo(',
    replace: "    if (number !== undefined && number !== 'duplicate') addTo(",
    breaks: 'A repeated beacon is acknowledged and then in no number, so replays do not show in a report.',
  },
  {
    name: 'tracked-prefetch-takes-the-count',
    file: 'lib/core/counters/counter-record.ts',
    find: `(content.type === 'Tracked' && content.invalid === undefined);`,
    replace: `content.type === 'Tracked';`,
    breaks:
      'A pixel that was fetched ahead makes a duplicate of the reader who comes after it in the same batch.',
  },
  {
    name: 'tracked-mark-without-numbers',
    file: 'lib/app/counters/counter-actions.ts',
    find: ', ...Object.fromEntries(tracked.uncounted), ',
    replace: ', ',
    breaks: 'The mark passes duplicates, late and invalid events without adding them to their numbers.',
  },
  {
    name: 'tracked-recount-of-a-total',
    file: 'lib/app/quarantine/recount.ts',
    find: '  if (parseDeliveryKey(key) !== undefined)',
    replace: '  if (parseDeliveryKey(key)?.adId === key)',
    breaks: 'A recount adds to the total of an ad without the claims of its events, which then count again.',
  },
  {
    name: 'tracked-redrive-without-claim',
    file: 'lib/app/delivery/settle-tracked.ts',
    find: `    trackedClaim(event, settings, nowMs),
    ...seriesActions`,
    replace: `    ...seriesActions`,
    breaks: 'A redriven event leaves no claim, so another record of it is counted too.',
  },
  {
    name: 'tracked-redrive-past-its-generation',
    file: 'lib/app/delivery/settle-tracked.ts',
    find: '    ...(fence !== undefined && {',
    replace: `    ...(fence !== undefined && number !== 'total' && {`,
    breaks: 'A redriven impression of an old goal is counted for the new one.',
  },
  {
    name: 'tracked-late-counted',
    file: chunk,
    find: `content.type === 'Tracked' ? fenceOf(content, false) :`,
    replace: `content.type === 'Tracked' ? undefined :`,
    breaks: 'Impressions of decisions before the goal was changed are counted for the new goal.',
  },
  {
    name: 'tracked-counters-in-one-item',
    file: 'lib/core/counters/counter-key.ts',
    find: '  if (partitionKey === canaryKey || parseDeliveryKey(partitionKey) !== undefined)',
    replace: '  if (partitionKey === canaryKey)',
    breaks: 'The events of all ads go to one item that has no name, and no ad has a number.',
  },
  {
    name: 'tracked-record-twice-in-a-batch',
    file: 'lib/core/counters/group-records.ts',
    find: `      dropCopies(group);
`,
    replace: '',
    breaks: 'A record that a batch has twice is in two numbers: counted, and a duplicate of itself.',
  },
  {
    name: 'tracked-repeat-of-one-given-up',
    file: 'lib/app/counters/group-settler.ts',
    find: '    group.remaining = tracked === undefined ? rest : judgeTracked(rest, item);',
    replace: `    group.remaining = isOtherGeneration ? judgeTracked(rest, item) : rest;`,
    breaks:
      'An event whose first record was given up is not counted by its second one in a batch that has both.',
  },
  {
    name: 'tracked-among-the-hot-keys',
    file: 'lib/app/counters/group-settler.ts',
    find: '    if (chunk.tracked === undefined) this.#topKeys.note(group.counterKey, chunk.sum);',
    replace: '    this.#topKeys.note(group.counterKey, chunk.sum);',
    breaks: 'Counters of ads, which no caller can name, push the hot keys of callers out of their list.',
  },
  {
    name: 'tracked-audit-blind-for-duplicates',
    file: 'lib/app/audit/audited-number.ts',
    find: `valueOf(item, 'total') + valueOf(item, 'duplicate') +`,
    replace: `valueOf(item, 'total') + BigInt(Number(valueOf(item, 'duplicate')) > 0) +`,
    breaks: 'The audit cannot say whether repeated events are in their number.',
  },
];
