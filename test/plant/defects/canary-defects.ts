import type { Defect } from '../defect.ts';

const run = 'lib/app/canary/run-canary.ts';

export const canaryDefects: readonly Defect[] = [
  {
    name: 'canary-leaves-what-is-pending',
    file: run,
    find: `  if (pendingAtMs !== undefined && nowMs - pendingAtMs < canaryRepeatedForMs) return found;
`,
    replace: '',
    breaks:
      'A run does not go on with the increment that the last one left, but sends another, so in an outage of an hour 60 losses would go unseen.',
  },
  {
    name: 'canary-without-claims',
    file: run,
    find: `value: '1', count: 1, keyed: true,`,
    replace: `value: '1', count: 1, keyed: false,`,
    breaks:
      'An increment that is appended again is counted again, so each late run raises the alarm for nothing.',
  },
  {
    name: 'canary-writes-what-it-has-not-read',
    file: 'lib/app/canary/canary-state.ts',
    find: `{ op: '=', attribute: 'version', value: read.version };`,
    replace: `{ op: 'item-present' };`,
    breaks:
      'A run that another has overtaken reports the increments of the other as doubled, and writes its old state over the new one.',
  },
  {
    name: 'canary-forgets-a-difference',
    file: run,
    find: `    ...{ untold, result },`,
    replace: `    ...{ untold: undefined, result },`,
    breaks:
      'A function that dies right after it has found a loss never reports it: the next run begins anew.',
  },
  {
    name: 'canary-uses-ids-again',
    file: run,
    find: `    start: account.sent === 0n ? ids.nonce() : begun.start,`,
    replace: `    start: begun.start,`,
    breaks:
      'After a difference the numbers begin again with the same event ids, which are claimed, so every further run finds a loss.',
  },
  {
    name: 'canary-forgets-what-is-missing',
    file: 'lib/core/counters/canary.ts',
    find: `  return { offset: total + missing, sent: 0n, missing };`,
    replace: `  return { offset: total, sent: 0n, missing };`,
    breaks:
      'A record of the quarantine that is redriven after a difference is taken for an increment that was counted twice.',
  },
  {
    name: 'canary-blames-a-restore',
    file: run,
    find: `    if (claim !== undefined) return { status: 'restarted'`,
    replace: `    if (claim === undefined) return { status: 'restarted'`,
    breaks: 'An increment that is counted twice is taken for a restored table, and nobody is told.',
  },
  {
    name: 'canary-in-the-figures-of-callers',
    file: 'lib/app/counters/group-settler.ts',
    find: `    if (isReservedKey(group.counterKey) && chunk.tracked === undefined) return;
`,
    replace: '',
    breaks:
      'The canary shows among the hot keys, and more increments are counted than were accepted, so the balance never adds up.',
  },
];
