import type { Defect } from '../defect.ts';

export const deliveryDefects: readonly Defect[] = [
  {
    name: 'expired-records-settled-before-kept',
    file: 'lib/embedded/delivery/lane.ts',
    find: `      if (!(await giveUp(options, batch, { ...piece, to: expired }, 'RecordAgeExceeded', null))) return;
      settle(expired - piece.from);`,
    replace: `      settle(expired - piece.from);
      if (!(await giveUp(options, batch, { ...piece, to: expired }, 'RecordAgeExceeded', null))) return;`,
    breaks:
      'The checkpoint moves over records before the failure destination has them: a stop or crash in between loses them without a trace in the quarantine.',
  },
  {
    name: 'halves-delivered-right-first',
    file: 'lib/embedded/delivery/lane.ts',
    find: '    for (const later of next.pieces.toReversed()) pieces.push(later);',
    replace: '    for (const later of next.pieces) pieces.push(later);',
    breaks:
      'After a thrown error the second half of a batch is delivered before the first: marks pass the first half, whose increments are then dropped as settled, and the checkpoint counts the wrong records.',
  },
  {
    name: 'zombie-end-wakes-nobody',
    file: 'lib/embedded/delivery/invoker.ts',
    find: `    this.#zombies -= 1;
    this.#letWaitingGo();`,
    replace: '    this.#zombies -= 1;',
    breaks:
      'Once 50 timed-out calls have run at the same time, the lanes that wait for room wait for ever, although the calls have ended: delivery stands still until the restart.',
  },
  {
    name: 'record-age-as-long-as-retention',
    file: 'lib/stages.ts',
    find: 'const maximumRecordAgeSeconds = retentionHours * 3600 - 3600;',
    replace: 'const maximumRecordAgeSeconds = retentionHours * 3600;',
    breaks:
      'The log drops records that could not be settled at the moment when the mapping would give them up, so they are lost instead of being written to the failure destination.',
  },
  {
    name: 'idle-misses-records-of-the-same-millisecond',
    file: 'lib/embedded/delivery/catch-up.ts',
    find: '        const sawAll = lastArrivedAtMs === undefined || lastArrivedAtMs > waiter.sinceMs;',
    replace: '        const sawAll = lastArrivedAtMs === undefined || lastArrivedAtMs >= waiter.sinceMs;',
    breaks:
      'A wait until everything is settled ends although a record of the same millisecond is not read yet, so the one that waited (a stop, a test run, an operator) sees a total that is too low.',
  },
];
