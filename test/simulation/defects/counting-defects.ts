import type { SimulatedDefect } from '../../plant/defect.ts';

const actions = 'lib/app/counters/counter-actions.ts';
const settler = 'lib/app/counters/group-settler.ts';
const aggregator = 'lib/app/counters/aggregator.ts';

/** What counts a batch: the mark, its condition, and what follows from an answer of the store. */
export const countingDefects: readonly SimulatedDefect[] = [
  {
    name: 'mark-below-last',
    file: actions,
    find: `function standsBelow({ attribute, first }: MarkMove): Condition {
  return {
    op: 'any',
    of: [
      { op: 'absent', attribute },
      { op: '<', attribute, value: toMark(first) },`,
    replace: `function standsBelow({ attribute, last }: MarkMove): Condition {
  return {
    op: 'any',
    of: [
      { op: 'absent', attribute },
      { op: '<', attribute, value: toMark(last) },`,
    breaks: 'The easy version of the mark: a batch cut differently the second time is counted whole again.',
    expects: ['G1', 'I1', 'I2'],
    needs: ['batch-recut', 'bisect', 'stale-checkpoint'],
  },
  {
    name: 'mark-off-by-one',
    file: actions,
    find: `{ op: '<', attribute, value: toMark(first) },`,
    replace: `{ op: '<', attribute, value: toMark((BigInt(first) + 1n).toString()) },`,
    breaks: 'A record that is the mark itself is counted again when it is delivered again first in a batch.',
    expects: ['G1', 'I1', 'I2'],
  },
  {
    name: 'mark-without-condition',
    file: actions,
    find: `  return { type: 'update', key: counterKey(counter), set, condition };`,
    replace: `  return { type: 'update', key: counterKey(counter), set, condition: { op: 'any', of: [condition, { op: 'all', of: [] }] } };`,
    breaks: 'Every batch that is delivered twice is counted twice.',
    expects: ['G1', 'I1', 'I2', 'I4'],
  },
  {
    name: 'mark-checked-by-reading',
    file: settler,
    find: `    const actions = heads.map(({ group, chunk }) => countAction(group.counterKey, chunk, nowMs));`,
    replace: `    const items = await Promise.all(heads.map(({ group }) => this.#deps.state.get(counterKey(group.counterKey))));
    const actions = heads.map(({ group, chunk }, i): UpdateAction => {
      const action = countAction(group.counterKey, chunk, nowMs);
      const isNew = dropSettled(group.remaining, items[i]).length === group.remaining.length;
      return isNew ? { ...action, condition: { op: 'all', of: [] } } : action;
    });`,
    breaks: 'Between reading the mark and moving it, a concurrent invocation counts the same batch.',
    expects: ['G1', 'I1', 'I2', 'I4'],
    needs: ['batch-concurrent', 'batch-twice', 'zombie', 'write-late', 'timeout', 'stale-checkpoint'],
  },
  {
    name: 'mark-without-epoch',
    file: 'lib/core/log-position.ts',
    find: 'return `${markPrefix}${shard.epoch}|${shard.shardId}|${lane}`;',
    replace: 'return `${markPrefix}1|${shard.shardId}|${lane}`;',
    breaks: 'After the stream is recreated its numbers start low, and every record in it counts as settled.',
    expects: ['G1', 'G7', 'I1', 'I3', 'I5'],
    needs: ['stream-recreated'],
  },
  {
    name: 'mark-moves-to-end-of-group',
    file: 'lib/core/counters/chunk.ts',
    find: `    if (content.type === 'poison' || isRightsRecord(content) || !fold.add(record, content)) break;`,
    replace: `    if (content.type === 'poison' || isRightsRecord(content)) {
      fold.add({ ...(records[records.length - 1] as CounterRecord), index: -1 }, { type: 'repeat', count: 0 });
      break;
    }
    if (!fold.add(record, content)) break;`,
    breaks:
      'A poison record after counted ones, and the records after it, are skipped without being given up.',
    expects: ['G1', 'G6', 'I1', 'I3'],
  },
  {
    name: 'numbers-compared-as-text',
    file: 'lib/core/sequence-number.ts',
    find: `  if (left.length !== right.length) return left.length - right.length;
`,
    replace: '',
    breaks: 'If numbers grow by a digit within a batch, the later record goes first and is counted again.',
    expects: ['G1', 'I1', 'I4'],
  },
  {
    name: 'numbers-compared-as-floats',
    file: 'lib/core/counters/counter-record.ts',
    find: `  return mark >= toMark(sequenceNumber);`,
    replace: `  return Number(mark.slice(3).split('@')[0]) >= Number(sequenceNumber) && toMark(sequenceNumber) !== '';`,
    breaks: 'Only 16 of the 56 digits of a number are compared: records above the mark count as settled.',
    expects: ['G1', 'G7', 'I1', 'I5'],
  },
  {
    name: 'claim-unchecked',
    file: actions,
    find: `    condition: { op: 'item-absent' },`,
    replace: `    condition: { op: 'any', of: [{ op: 'item-absent' }, { op: 'item-present' }] },`,
    breaks: 'A keyed request that is in the log twice is counted twice.',
    expects: ['G1', 'I1', 'I2'],
  },
  {
    name: 'claim-soon-forgotten',
    file: actions,
    find: `  return BigInt(Math.ceil((nowMs + lifeMs) / 1000));`,
    replace: `  return BigInt(Math.ceil((nowMs + Math.min(lifeMs, 10 * 60_000)) / 1000));`,
    breaks: 'Claims last ten minutes: a client that repeats its request later is counted twice.',
    expects: ['G1', 'I1', 'I2'],
    needs: ['ttl-late'],
  },
  {
    name: 'claims-of-a-hundred',
    file: 'lib/core/counters/chunk.ts',
    find: `export const claimsPerChunkMax = 99;`,
    replace: `export const claimsPerChunkMax = 100;`,
    breaks:
      'A hundred keyed increments of one counter make a transaction of 101 actions, which the store refuses as a bug.',
    expects: ['crash'],
  },
  {
    name: 'repeats-do-not-move-the-mark',
    file: 'lib/core/counters/chunk.ts',
    find: `    this.#moveMark(record);
    this.#size += 1;`,
    replace: `    if (content.type !== 'repeat') this.#moveMark(record);
    this.#size += 1;`,
    breaks: 'The token of a request whose event was counted through another record is never met.',
    expects: ['G7'],
  },
  {
    name: 'counted-claims-are-dropped',
    file: settler,
    find: `    group.remaining = toRepeats(group.remaining, counted);`,
    replace: `    group.remaining = toRepeats(group.remaining, counted).filter(({ content }) => content.type !== 'repeat');`,
    breaks: 'The mark stops below a record whose claim exists, and its token is never met.',
    expects: ['G7'],
  },
  {
    name: 'claim-index-off-by-one',
    file: settler,
    find: `const eventId = chunk.claims[index - 1];`,
    replace: `const eventId = chunk.claims[index];`,
    breaks: 'If the mark has moved meanwhile, the first new event is taken for counted and lost.',
    expects: ['G1', 'I1', 'I3'],
  },
  {
    name: 'failed-write-taken-for-done',
    file: settler,
    find: `      if (result !== undefined && !isStateStoreError(result)) this.#afterWrite(group, chunk, result);`,
    replace: `      if (isStateStoreError(result)) group.remaining = group.remaining.slice(chunk.size);
      else if (result !== undefined) this.#afterWrite(group, chunk, result);`,
    breaks: 'A flush that the store refuses drops its increments.',
    expects: ['G1', 'I1', 'I3'],
  },
  {
    name: 'conflict-taken-for-settled',
    file: settler,
    find: `      if (result !== undefined && !isStateStoreError(result)) this.#afterTransaction(group, chunk, result);`,
    replace: `      if (isStateStoreError(result)) {
        if (result.code === 'state-conflict') group.remaining = group.remaining.slice(chunk.size);
      } else if (result !== undefined) {
        this.#afterTransaction(group, chunk, result);
      }`,
    breaks: 'Two writers that meet on one counter lose the increments of one of them.',
    expects: ['G1', 'I1', 'I3'],
    needs: ['transaction-conflict'],
  },
  {
    name: 'answer-names-the-highest',
    file: aggregator,
    find: `compareSequenceNumbers(first, found) < 0) found = first;`,
    replace: `compareSequenceNumbers(first, found) > 0) found = first;`,
    breaks: 'The partial-batch answer settles counters that still wait for the store.',
    expects: ['G1', 'I1', 'I3'],
  },
  {
    name: 'tired-retries-answered-as-settled',
    file: aggregator,
    find: `  return { lowestUnsettled: lowest(open) };`,
    replace: `  return { lowestUnsettled: undefined };`,
    breaks: 'Records that the store refused until the last retry are dropped in silence.',
    expects: ['G1', 'I1', 'I3'],
  },
  {
    name: 'acknowledged-before-counted',
    file: 'functions/aggregate-increments/aggregate-increments.ts',
    find: `    return toBatchResponse(await aggregator.aggregate(batch, { deadlineMs }));`,
    replace: `    void aggregator.aggregate(batch, { deadlineMs });
    return toBatchResponse({ lowestUnsettled: undefined });`,
    breaks: 'The batch is acknowledged before it is written: if the process dies, its records are lost.',
    expects: ['G1', 'I1', 'I3'],
  },
  {
    name: 'partial-answer-left-out',
    file: 'lib/app/kinesis-event.ts',
    find: `batchItemFailures: lowestUnsettled === undefined ? [] : [{ itemIdentifier: lowestUnsettled }] };`,
    replace: `batchItemFailures: [] };`,
    breaks: 'Records that could not be settled are never delivered again.',
    expects: ['G1', 'I1', 'I3'],
  },
  {
    name: 'small-sums-too-large',
    file: 'lib/core/counters/decimal-sum.ts',
    find: `const smallDigitsMax = 12;`,
    replace: `const smallDigitsMax = 17;`,
    breaks: 'Large values are added as floats and lose their last digits.',
    expects: ['G1', 'I1'],
  },
  {
    name: 'marks-dropped-after-a-minute',
    file: 'lib/app/counters/mark-hygiene.ts',
    find: `nowMs - movedAtMs > 2 * retentionMs);`,
    replace: `nowMs - movedAtMs > Math.min(2 * retentionMs, 60_000));`,
    breaks:
      'The mark of a split shard is dropped while its records may still be delivered and tokens need it.',
    expects: ['G1', 'G7', 'I1', 'I4'],
    needs: ['shard-split', 'shard-merge', 'shards-doubled', 'stream-recreated'],
  },
  {
    name: 'series-beside-the-transaction',
    file: settler,
    find: `      ...seriesActions(group.counterKey, chunk.series, settings),
    ]);
    const results = await orNone(state.transactEach(transactions, this.#untilLate));`,
    replace: `    ]);
    const results = await orNone(state.transactEach(transactions, this.#untilLate));
    const series = heads.flatMap(({ group, chunk }) => seriesActions(group.counterKey, chunk.series, settings));
    await orNone(state.transactEach(series.map((action) => [action])));`,
    breaks: 'A batch that dies between total and series is in the one and never in the other.',
    expects: ['I1'],
  },
  {
    name: 'series-by-the-first-instant',
    file: 'lib/core/counters/series.ts',
    find: `    const bucket = Math.floor(atMs / bucketMs);
    const known`,
    replace: `    const bucket = [...this.#sums.keys()][0] ?? Math.floor(atMs / bucketMs);
    const known`,
    breaks: 'All of a batch stands in the minute of its first record: right in sum, wrong in time.',
    expects: ['I1'],
  },
  {
    name: 'series-read-lacks-a-window',
    file: 'lib/app/counters/series-reader.ts',
    find: `firstWindow > 0 ? seriesSortKey(firstWindow - 1)`,
    replace: `firstWindow > 0 ? seriesSortKey(firstWindow)`,
    breaks: 'The range of the store begins behind its first key: the first window asked for is left out.',
    expects: ['I2'],
  },
  {
    name: 'lanes-share-a-mark',
    file: 'lib/core/counters/group-records.ts',
    find: `    return { group, markAttribute: markAttribute(this.#shard, lane) };`,
    replace: `    return { group, markAttribute: lane.startsWith('\\u0001') ? markAttribute(this.#shard, lane) : this.#plainMark };`,
    breaks: 'Partition keys of one counter are not in one order: the mark of one passes records of another.',
    expects: ['G1', 'G7', 'I1', 'I4', 'I5', 'I14'],
    needs: ['append-entry-throttled'],
  },
  {
    name: 'token-without-its-lane',
    file: 'lib/app/counters/increment-writer.ts',
    find: `    const { partitionKey = key } = entries[i] ?? {};`,
    replace: `    const partitionKey = entries[i] === undefined ? '' : key;`,
    breaks: 'The token of a spread counter asks for the mark of another partition key.',
    expects: ['G7', 'I9'],
    needs: ['append-entry-throttled'],
  },
  {
    name: 'marks-of-other-shards-read',
    file: 'lib/core/counters/counter-record.ts',
    find: `  return records.filter((record) => !isSettled(item[record.markAttribute], record.sequenceNumber));`,
    replace: `  const highest = Object.keys(item)
    .filter((name) => name.startsWith('hw|'))
    .map((name) => item[name] as string)
    .sort()
    .at(-1);
  return records.filter((record) => !isSettled(highest, record.sequenceNumber));`,
    breaks:
      'While a stream ignores partition keys, a record that another shard’s mark has passed counts as settled.',
    expects: ['G1', 'G7', 'I1', 'I3', 'I14', 'crash'],
  },
  {
    name: 'keyless-record-moves-a-mark',
    file: 'lib/app/quarantine/give-up.ts',
    find: `  if (partitionKey === noPartitionKey) return giveUpKeyless(deps, givenUp);
`,
    replace: '',
    breaks:
      'Records without a partition key, which have no order, share a mark: it hides those that come late.',
    expects: ['G1', 'G6', 'I4', 'I14'],
    needs: ['keys-ignored'],
  },
  {
    name: 'keyless-batch-refused',
    file: 'lib/app/kinesis-event.ts',
    find: `    const key = partitionKey ?? noPartitionKey;`,
    replace: `    const key = partitionKey;`,
    breaks: 'One record without a partition key makes its whole batch fail, again and again.',
    expects: ['crash', 'I14'],
    needs: ['keys-ignored'],
  },
  {
    name: 'keyless-skip-written-again',
    file: 'lib/app/quarantine/give-up.ts',
    find: `  const result = await deps.state.write({ ...skip, condition: { op: 'item-absent' } });
  if (result.status === 'condition-failed') return 'settled-before';
  report(deps, 'gave up a record without`,
    replace: `  await deps.state.write({ type: 'put', key: skip.key, attributes: skip.attributes });
  report(deps, 'gave up a record without`,
    breaks:
      'A record without a partition key that an operator dropped is in the quarantine again when delivered again.',
    expects: ['G6'],
    needs: ['keys-ignored'],
  },
];
