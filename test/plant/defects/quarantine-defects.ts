import type { Defect } from '../defect.ts';

export const quarantineDefects: readonly Defect[] = [
  {
    name: 'skip-item-before-its-bytes',
    file: 'lib/app/quarantine/give-up.ts',
    find: `  await keepInQuarantine(deps, 'increments', givenUp);
  const { counterKey, lane } = namedItem(partitionKey);
  const mark = { attribute: markAttribute(shard, lane), first: sequenceNumber, last: sequenceNumber };
  const result = await deps.state.transact([
    moveMarks(counterKey, [mark], nowMs),
    skipAction(idOf('increments', givenUp), { state: 'quarantined', reason, partitionKey }),
  ]);
  if (result.status === 'condition-failed') return 'settled-before';`,
    replace: `  const { counterKey, lane } = namedItem(partitionKey);
  const mark = { attribute: markAttribute(shard, lane), first: sequenceNumber, last: sequenceNumber };
  const result = await deps.state.transact([
    moveMarks(counterKey, [mark], nowMs),
    skipAction(idOf('increments', givenUp), { state: 'quarantined', reason, partitionKey }),
  ]);
  if (result.status === 'condition-failed') return 'settled-before';
  await keepInQuarantine(deps, 'increments', givenUp);`,
    breaks:
      'If S3 fails or the function ends after the transaction, the mark has passed the record and nobody stores it: it can never be redriven (bytes-missing).',
  },
  {
    name: 'bytes-forgotten-when-log-is-away',
    file: 'lib/app/quarantine/redrive.ts',
    find: `      if (result.status !== 'refused' && result.status !== 'log-unavailable') await forgetBytes(deps, id);`,
    replace: `      if (result.status !== 'refused') await forgetBytes(deps, id);`,
    breaks:
      'Redriving an ad event while the log does not answer deletes its only copy, and the next redrive reports bytes-missing: the change is lost.',
  },
  {
    name: 'attempt-cleared-only-on-success',
    file: 'lib/app/quarantine/attempts.ts',
    find: `  await orUndefined(attempts.clear(stream, position));
  return outcome;`,
    replace: `  if (outcome.lowestUnsettled === undefined) await orUndefined(attempts.clear(stream, position));
  return outcome;`,
    breaks:
      'Five deliveries during an outage of the store count as crashes of the function, and a healthy record is given up into the quarantine when the store is back.',
  },
  {
    name: 'keyless-records-share-a-mark',
    file: 'lib/app/quarantine/give-up.ts',
    find: '  if (partitionKey === noPartitionKey) return giveUpKeyless(deps, givenUp);',
    replace: "  if (partitionKey === noPartitionKey && reason === '') return giveUpKeyless(deps, givenUp);",
    breaks:
      'Records without a partition key have no order, so the mark of a later one hides an earlier one: it is neither counted nor in the quarantine.',
  },
  {
    name: 'keyless-record-blocks-its-shard',
    file: 'lib/app/kinesis-event.ts',
    find: '    const key = partitionKey ?? noPartitionKey;',
    replace: '    const key = partitionKey;',
    breaks:
      'A record that another producer wrote without a partition key, which AUTO distribution allows, fails its batch until the log drops it, and all increments of its shard wait.',
  },
];
