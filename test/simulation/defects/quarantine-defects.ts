import type { SimulatedDefect } from '../../plant/defect.ts';

const giveUp = 'lib/app/quarantine/give-up.ts';
const redrive = 'lib/app/quarantine/redrive.ts';
const actions = 'lib/app/counters/counter-actions.ts';
const settler = 'lib/app/counters/group-settler.ts';

/** Giving up, on record, and the way back. */
export const quarantineDefects: readonly SimulatedDefect[] = [
  {
    name: 'poison-dropped-in-silence',
    file: settler,
    find: `    await giveUpIncrement(this.#deps, { shard: this.#batch, record: logRecord, reason });`,
    replace: `    void reason;`,
    breaks: 'A record that cannot be read disappears.',
    expects: ['G6', 'I3', 'I5'],
  },
  {
    name: 'poison-passed-over-when-quarantine-fails',
    file: settler,
    find: `    await giveUpIncrement(this.#deps, { shard: this.#batch, record: logRecord, reason });`,
    replace: `    const given = { shard: this.#batch, record: logRecord, reason };
    await giveUpIncrement(this.#deps, given).catch((error: unknown) => {
      if (!isPortError(error)) throw error;
    });`,
    breaks: 'A record that cannot be read disappears if the quarantine fails at that moment.',
    expects: ['G6', 'I3', 'I5'],
  },
  {
    name: 'quarantine-after-the-mark',
    file: giveUp,
    find: `  await keepInQuarantine(deps, 'increments', givenUp);
  const { counterKey, lane } = namedItem(partitionKey);
  const mark = { attribute: markAttribute(shard, lane), first: sequenceNumber, last: sequenceNumber };
  const result = await deps.state.transact([
    moveMarks(counterKey, [mark], nowMs),
    skipAction(idOf('increments', givenUp), { state: 'quarantined', reason, partitionKey }),
  ]);
  if (result.status === 'condition-failed') return 'settled-before';
`,
    replace: `  const { counterKey, lane } = namedItem(partitionKey);
  const mark = { attribute: markAttribute(shard, lane), first: sequenceNumber, last: sequenceNumber };
  const result = await deps.state.transact([
    moveMarks(counterKey, [mark], nowMs),
    skipAction(idOf('increments', givenUp), { state: 'quarantined', reason, partitionKey }),
  ]);
  if (result.status === 'condition-failed') return 'settled-before';
  await keepInQuarantine(deps, 'increments', givenUp);
`,
    breaks: 'A process that dies between mark and quarantine leaves a skip item without the record.',
    expects: ['G6', 'I3'],
  },
  {
    name: 'give-up-without-quarantine',
    file: giveUp,
    find: `  await keepInQuarantine(deps, 'increments', givenUp);`,
    replace: `  void [deps, 'increments', givenUp];`,
    breaks: 'A record is settled without being stored.',
    expects: ['G6', 'I3'],
  },
  {
    name: 'give-up-without-skip-item',
    file: giveUp,
    find: `    skipAction(idOf('increments', givenUp), { state: 'quarantined', reason, partitionKey }),
  ]);`,
    replace: `  ]);
  void reason;`,
    breaks: 'A quarantined record has nothing from which a redrive could start.',
    expects: ['G6'],
  },
  {
    name: 'give-up-without-mark-condition',
    file: giveUp,
    find: `    moveMarks(counterKey, [mark], nowMs),`,
    replace: `    { ...moveMarks(counterKey, [mark], nowMs), condition: { op: 'all', of: [] } },`,
    breaks: 'Giving up late moves the mark back, and a record that was counted is quarantined too.',
    expects: ['G1', 'G6', 'I1', 'I4'],
  },
  {
    name: 'give-up-moves-no-mark',
    file: giveUp,
    find: `    moveMarks(counterKey, [mark], nowMs),`,
    replace: `    { type: 'check', key: moveMarks(counterKey, [mark], nowMs).key, condition: { op: 'all', of: [] } },`,
    breaks:
      'A record that was given up is not settled: its token is never met, and it may be given up again.',
    expects: ['G1', 'G6', 'G7', 'I5'],
  },
  {
    name: 'redrive-without-skip-condition',
    file: redrive,
    find: `        leaveQuarantine(record, 'counted'),
        ...countClaimed(event, deps.settings, deps.clock.nowMs()),`,
    replace: `        { ...leaveQuarantine(record, 'counted'), condition: { op: 'item-present' } },
        ...countClaimed(event, deps.settings, deps.clock.nowMs()).map((action, index) =>
          index === 0 && action.type === 'put' ? { type: action.type, key: action.key, attributes: action.attributes } : action,
        ),`,
    breaks: 'A redrive that is repeated, or whose answer is lost, counts twice.',
    expects: ['G1', 'G6', 'I1'],
    needs: ['late-redrive'],
  },
  {
    name: 'redrive-without-claim',
    file: actions,
    find: `    claimAction(event.id, claimExpiresAt(settings, nowMs)),
    addAction`,
    replace: `    { type: 'put', key: incrementClaimKey(event.id), attributes: { expires_at: claimExpiresAt(settings, nowMs) } },
    addAction`,
    breaks: 'A keyed event with one counted and one quarantined copy is counted again.',
    expects: ['G1', 'G6', 'I1'],
    needs: ['late-redrive'],
  },
  {
    name: 'redrive-adds-nothing',
    file: actions,
    find: `    addAction(event.key, value, nowMs),`,
    replace: `    addAction(event.key, 0n, nowMs),`,
    breaks: 'A redrive says "counted" and counts nothing.',
    expects: ['G1', 'G6', 'I1', 'I3'],
    needs: ['late-redrive'],
  },
  {
    name: 'redrive-without-series',
    file: actions,
    find: `    ...seriesActions(event.key, seriesOf(settings, event.at, value), settings),
`,
    replace: ``,
    breaks: 'What was redriven is in the total and in no series.',
    expects: ['I1'],
    needs: ['late-redrive'],
  },
  {
    name: 'killers-never-given-up',
    file: 'lib/app/quarantine/attempts.ts',
    find: `tries > unfinishedTriesMax;`,
    replace: `tries > Number.MAX_SAFE_INTEGER + unfinishedTriesMax;`,
    breaks: 'A record that kills the function blocks its lane until the log drops it.',
    expects: ['I11', 'I14', 'G6'],
    needs: ['out-of-memory'],
  },
  {
    name: 'body-may-name-another-counter',
    file: 'lib/app/counters/increment-codec.ts',
    find: `  if (event.key !== parsePartitionKey(partitionKey).counterKey) {`,
    replace: `  if (parsePartitionKey(partitionKey).counterKey === '') {`,
    breaks: 'An event with a wrong partition key is counted into another counter.',
    expects: ['G1', 'G6', 'I1'],
  },
  {
    name: 'ad-event-quarantined-after-the-mark',
    file: 'lib/app/ads/settle-records.ts',
    find: `  await storeUndecodable(deps, shard, plan);
  const before = touchedBefore(plan);
  await setSchedules(deps, plan);
  // Until the answer is here, nobody knows what the head is.
  working.head = undefined;
  const moved = await commit(deps, { plan, head, shard, last });`,
    replace: `  const before = touchedBefore(plan);
  await setSchedules(deps, plan);
  // Until the answer is here, nobody knows what the head is.
  working.head = undefined;
  const moved = await commit(deps, { plan, head, shard, last });
  if (moved !== undefined) await storeUndecodable(deps, shard, plan);`,
    breaks: 'An undecodable ad event is skipped, and lost if the process dies or the quarantine fails then.',
    expects: ['G6'],
  },
  {
    name: 'ad-event-quarantined-without-its-bytes',
    file: giveUp,
    find: `  const { partitionKey, arrivedAtMs, data } = givenUp.record;`,
    replace: `  const { partitionKey, arrivedAtMs } = givenUp.record;
  const { data } = { ...givenUp.record };`,
    breaks:
      'A spread does not copy a getter: the record cannot be stored and blocks all ads (the simulator found it).',
    expects: ['I11', 'I14', 'G6'],
  },
  {
    name: 'ad-event-without-skip-item',
    file: 'lib/app/ads/ad-commit.ts',
    find: `    ...plan.undecodable.map(({ pending, reason }): WriteAction => {`,
    replace: `    ...plan.undecodable.slice(1).map(({ pending, reason }): WriteAction => {`,
    breaks: 'An undecodable ad event has nothing from which a redrive could start.',
    expects: ['G6'],
  },
  {
    name: 'ad-redrive-forgets-before-the-append',
    file: 'lib/app/quarantine/redrive.ts',
    find: `  const [result] = await deps.adEvents.append([{ partitionKey: adEventsPartitionKey, data: record.data }]);
  if (result?.status !== 'appended') return { status: 'log-unavailable' };
  const left = await deps.state.write(leaveQuarantine(record, 'redriven'));`,
    replace: `  const left = await deps.state.write(leaveQuarantine(record, 'redriven'));
  const [result] = await deps.adEvents.append([{ partitionKey: adEventsPartitionKey, data: record.data }]);
  if (result?.status !== 'appended') return { status: 'log-unavailable' };`,
    breaks: 'A redrive that the log refuses still leaves the quarantine, and the event is lost.',
    expects: ['G6'],
    needs: ['late-redrive'],
  },
];
