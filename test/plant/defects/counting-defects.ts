import type { Defect } from '../defect.ts';

export const countingDefects: readonly Defect[] = [
  {
    name: 'sync-count-retried-after-throttled-read',
    file: 'lib/app/counters/add-sync.ts',
    find: `    throw new StateStoreError('state-unavailable', 'counted, and the total could not be read', {
      cause: error,
    });`,
    replace: '    throw error;',
    breaks:
      "If the read of the total after an unkeyed mode=sync addition is throttled, the error looks like 'nothing written' and the addition is made again: counted up to four times.",
  },
  {
    name: 'hygiene-drops-needed-marks',
    file: 'lib/app/counters/mark-hygiene.ts',
    find: '          .filter((mark) => !idle.includes(mark) && nowMs - mark.movedAtMs > retentionMs + slackMs)',
    replace: '          .filter((mark) => !idle.includes(mark) && nowMs - mark.movedAtMs > slackMs)',
    breaks:
      'A counter with over 64 marks loses marks of the last hours whose records are still in the log; a redelivery of those records is counted a second time.',
  },
  {
    name: 'spread-key-too-long',
    file: 'lib/app/counters/hot/key-spreader.ts',
    find: 'export const spreadKeyLengthMax = 246;',
    replace: 'export const spreadKeyLengthMax = 256;',
    breaks:
      'A hot counter with a key of 247 to 256 characters gets lane keys that the log does not accept, so its increments fail with 500 exactly while it is hot.',
  },
  {
    name: 'decimal-sum-loses-units',
    file: 'lib/core/counters/decimal-sum.ts',
    find: 'const smallDigitsMax = 12;',
    replace: 'const smallDigitsMax = 16;',
    breaks:
      'Values of 13 to 16 digits are added as floats beyond 2^53, so totals of counters with large amounts are off by small numbers.',
  },
  {
    name: 'lowest-unsettled-compared-as-text',
    file: 'lib/app/counters/aggregator.ts',
    find: '    if (found === undefined || compareSequenceNumbers(first, found) < 0) found = first;',
    replace: '    if (found === undefined || first < found) found = first;',
    breaks:
      'When unsettled records have numbers of different length, a later one is reported as the first failure, and the mapping moves past the earlier one: its increments are lost.',
  },
  {
    name: 'series-window-expires-early',
    file: 'lib/app/counters/counter-actions.ts',
    find: '  return (window + 1) * windowMs(level) + keptDays * dayMs;',
    replace: '  return window * windowMs(level) + keptDays * dayMs;',
    breaks:
      "The life of a series item is measured from the window's begin, so its newest buckets vanish a whole window (32 days of the day series) before the promised retention.",
  },
  {
    name: 'busy-counter-refused-at-once',
    file: 'lib/app/counters/add-sync.ts',
    find: '{ retriesMax: 40, firstMs: 20, longestMs: 500, withinMs: 5000 }',
    replace: '{ retriesMax: 3, firstMs: 20, longestMs: 500, withinMs: 5000 }',
    breaks:
      'With a handful of callers of one counter, DynamoDB refuses most of their transactions and they get 503.',
  },
  {
    name: 'busy-counter-asked-without-end',
    file: 'lib/app/retry.ts',
    find: '      if (clock.monotonicMs() + pauseMs > lastMs) throw error;',
    replace: '      if (clock.monotonicMs() > lastMs * 4) throw error;',
    breaks:
      'A call for a busy counter waits far longer than its client, which sends it again beside the first.',
  },
  {
    name: 'many-series-of-those-asked-for',
    file: 'functions/read-counters/read-counters.ts',
    find: '    const keys = found.map(({ key }) => key);',
    replace: '    const keys = query.key.map(ofStage);',
    breaks: 'A counter that does not exist is answered with zeros instead of being left out.',
  },
  {
    name: 'many-series-without-their-bound',
    file: 'lib/api/answer/series-range.ts',
    find: '  const bucketsMax = Math.min(bucketsPerAnswerMax, Math.floor(pointsPerAnswerMax / keys));',
    replace: '  const bucketsMax = bucketsPerAnswerMax;',
    breaks: 'One call may ask for 75,000 points, an answer of 6 MB, which Lambda refuses.',
  },
];
