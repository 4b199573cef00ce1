import type { SimulatedDefect } from '../../plant/defect.ts';

const append = 'lib/app/append-events.ts';
const writer = 'lib/app/counters/increment-writer.ts';
const addSync = 'lib/app/counters/add-sync.ts';
const reader = 'lib/app/counters/counter-reader.ts';
const settled = 'lib/app/counters/settled-items.ts';

/** The way of an increment into the log or, with `mode=sync`, into its counter; and of a total out of it. */
export const writingDefects: readonly SimulatedDefect[] = [
  {
    name: 'ambiguous-append-sent-again',
    file: append,
    find: `if (!isUnknown || repeatable) again.push(index);`,
    replace: `again.push(index);`,
    breaks:
      'An append whose answer was lost is sent again blindly, and an unkeyed increment is counted twice.',
    expects: ['G1', 'I1', 'I2'],
    needs: ['append-entry-failed', 'append-unconfirmed'],
  },
  {
    name: 'silence-taken-for-refusal',
    file: append,
    find: `      const isUnknown = answer.status === 'unknown';`,
    replace: `      const isUnknown = answer.status === 'unknown' && answer.reason !== 'no answer';`,
    breaks: 'An append that was not answered is taken for not written, sent again, and counted twice.',
    expects: ['G1', 'I1', 'I2'],
    needs: ['append-unconfirmed', 'append-slow'],
  },
  {
    name: 'internal-failure-taken-for-refusal',
    file: append,
    find: `      const isUnknown = answer.status === 'unknown';`,
    replace: `      const isUnknown = answer.status === 'unknown' && answer.reason !== 'InternalFailure';`,
    breaks: 'An entry that failed inside the log is taken for not written, sent again, and counted twice.',
    expects: ['G1', 'I1', 'I2'],
    needs: ['append-entry-failed'],
  },
  {
    name: 'ambiguity-forgotten',
    file: append,
    find: `ambiguous: before.ambiguous || isUnknown };`,
    replace: `ambiguous: isUnknown };`,
    breaks: 'The answer says that nothing was logged although an earlier try may have been.',
    expects: ['G1'],
  },
  {
    name: 'answers-of-a-retry-misread',
    file: append,
    find: `      const answer = answers[i];`,
    replace: `      const answer = answers[Math.min(start + index, answers.length - 1)] ?? answers[i];`,
    breaks: 'After a retry of some entries their answers are taken for those of others.',
    expects: ['G1', 'G7', 'I1', 'I3'],
    needs: ['append-entry-throttled'],
  },
  {
    name: 'partly-accepted-answered-as-accepted',
    file: writer,
    find: `  if (failed.length === 0) return { status: 'accepted', tokens };`,
    replace: `  if (accepted > 0) return { status: 'accepted', tokens };`,
    breaks: 'A batch that the log accepted in part is answered 202.',
    expects: ['G1', 'I3', 'I10'],
    needs: ['append-entry-throttled', 'append-entry-failed', 'hot-shard'],
  },
  {
    name: 'one-event-id-for-many-keys',
    file: writer,
    find: `    id: identity.eventId(first),`,
    replace: `    id: identity.eventId(indexes.length),`,
    breaks: 'Two counters of one keyed batch have one event id, and the second claim swallows an increment.',
    expects: ['G1', 'I1', 'I3'],
  },
  {
    name: 'sums-of-a-request-in-floats',
    file: writer,
    find: `      sum.value += BigInt(value);`,
    replace: `      sum.value = BigInt(Number(sum.value) + value);`,
    breaks: 'Large increments of one counter in a batch lose their last digits.',
    expects: ['G1', 'I1'],
  },
  {
    name: 'batch-answered-before-its-append',
    file: 'functions/ingest-increments/ingest-increments.ts',
    find: `    const result = await writer.append(increments, options);`,
    replace: `    const appending = writer.append(increments, options);
    const result: Awaited<typeof appending> =
      new Set(increments.map(({ key }) => key)).size <= 10 || preferences.representation
        ? await appending
        : { status: 'accepted', tokens: new Map<string, string>() };`,
    breaks: 'A batch without tokens is answered before it is logged, and is lost if the log refuses it.',
    expects: ['G1', 'I3'],
  },
  {
    name: 'sync-sent-again-blindly',
    file: addSync,
    find: `      return identity.keyed && unanswered <= clientRetries.retriesMax;`,
    replace: `      return unanswered <= clientRetries.retriesMax;`,
    breaks: 'An unkeyed addition whose answer was lost is made again.',
    expects: ['G1', 'I1', 'I2'],
    needs: ['write-answer-lost', 'write-late', 'state-server-error'],
  },
  {
    name: 'sync-sum-forgotten',
    file: addSync,
    find: `sync_total: amount }`,
    replace: `sync_total: 0n }`,
    breaks: 'The sum from the log can no longer be distinguished from the sum of mode=sync.',
    expects: ['G1', 'I1'],
  },
  {
    name: 'sync-claim-apart-from-its-sum',
    file: addSync,
    find: `  const result = await deps.state.transact([
    addBoth(deps, increment),
    claimAction(identity.eventId(0), expiresAt),
    ...addSeries(deps, increment),
  ]);`,
    replace: `  const claim = claimAction(identity.eventId(0), expiresAt) as Parameters<typeof deps.state.write>[0];
  const result = await deps.state.write(claim);
  if (result.status === 'written') await deps.state.transact([addBoth(deps, increment), ...addSeries(deps, increment)]);`,
    breaks: 'A process that dies between claim and addition loses an increment that its retry acknowledges.',
    expects: ['G1', 'I1', 'I3', 'I10'],
  },
  {
    name: 'sync-without-claim',
    file: addSync,
    find: `    addBoth(deps, increment),
    claimAction(identity.eventId(0), expiresAt),
    ...addSeries(deps, increment),
  ]);`,
    replace: `    addBoth(deps, increment),
    ...addSeries(deps, increment),
  ]);
  void expiresAt;`,
    breaks: 'A keyed sync increment is counted again with each try.',
    expects: ['G1', 'I1', 'I2'],
  },
  {
    name: 'sync-retried-for-its-total',
    file: addSync,
    find: `    throw new StateStoreError('state-unavailable', 'counted, and the total could not be read', {
      cause: error,
    });`,
    replace: `    throw error;`,
    breaks:
      'An unkeyed sync increment that was counted is added again because the read of its total was throttled.',
    expects: ['G1', 'I1', 'I2', 'I3'],
    needs: ['state-throttled'],
  },
  {
    name: 'token-met-by-any-mark',
    file: settled,
    find: `  return isSettled(items.get(key)?.[attribute], sequenceNumber);`,
    replace: `  return sequenceNumber !== '' && isSettled(items.get(key)?.[attribute], '0');`,
    breaks: 'A read that presents a token gets a total from before the write.',
    expects: ['G7'],
  },
  {
    name: 'one-token-of-many-suffices',
    file: settled,
    find: `return wanted.every((mark) => isReached(mark, found)) ? found`,
    replace: `return wanted.length === 0 || wanted.some((mark) => isReached(mark, found)) ? found`,
    breaks: 'A read with several tokens waits only for the first one that is met.',
    expects: ['G7'],
  },
  {
    name: 'tokens-of-the-first-key-only',
    file: settled,
    find: `    if (!keys.includes(key)) continue;`,
    replace: `    if (keys[0] !== key) continue;`,
    breaks: 'A read of several counters waits only for the token of the first.',
    expects: ['G7'],
  },
  {
    name: 'marks-make-a-counter',
    file: reader,
    find: `  if (typeof total !== 'bigint') return undefined;
  return { key, value: total,`,
    replace: `  if (item === undefined) return undefined;
  return { key, value: typeof total === 'bigint' ? total : 0n,`,
    breaks: 'An item that holds only the marks of records given up is answered as a counter of 0.',
    expects: ['G6', 'G1'],
  },
  {
    name: 'total-rounded',
    file: 'functions/read-counters/read-counters.ts',
    find: 'return `{"key":${JSON.stringify(counter.key)},"value":${counter.value},',
    replace: 'return `{"key":${JSON.stringify(counter.key)},"value":${BigInt(Number(counter.value))},',
    breaks: 'Totals beyond 2^53 are answered rounded.',
    expects: ['G1', 'I10', 'I2'],
  },
];
