import type { SimulatedDefect } from '../../plant/defect.ts';

const commit = 'lib/app/ads/ad-commit.ts';
const settle = 'lib/app/ads/settle-records.ts';
const plan = 'lib/app/ads/ad-commit-plan.ts';
const decide = 'lib/core/ads/decide.ts';
const codec = 'lib/app/ads/ad-event-codec.ts';

/** The one writer of ads: what it decides, and how it commits it. */
export const projectorDefects: readonly SimulatedDefect[] = [
  {
    name: 'head-fence-dropped',
    file: commit,
    find: `    condition: fence(head, [attribute, ...drops]),`,
    replace: `    condition: { op: 'any', of: [fence(head, [attribute, ...drops]), { op: 'item-present' }] },`,
    breaks: 'A warm projector that was idle for a while writes versions that another has written meanwhile.',
    expects: ['G3', 'G5', 'I4', 'I6'],
  },
  {
    name: 'fence-on-the-version-alone',
    file: commit,
    find: `      ...marks.map((attribute): Condition => isAsRead(attribute, head.marks[attribute])),`,
    replace: `      ...marks.slice(marks.length).map((attribute): Condition => isAsRead(attribute, head.marks[attribute])),`,
    breaks: 'A late concurrent run that commits only refusals moves the mark back.',
    expects: ['I4', 'G7', 'G3'],
  },
  {
    name: 'head-moves-before-its-changes',
    file: commit,
    find: `  const result = await deps.state.transact([
    action,
    ...projectionsOf(request.head).flatMap((projection) => adActions(plan, projection, nowMs)),`,
    replace: `  const result = await deps.state.transact([action]);
  if (result.status !== 'written') return undefined;
  await deps.state.transact([
    { type: 'check', key: headKey, condition: { op: 'item-present' } },
    ...projectionsOf(request.head).flatMap((projection) => adActions(plan, projection, nowMs)),`,
    breaks: 'A process that dies between two transactions leaves a version without its change.',
    expects: ['G3', 'G5', 'I3', 'I6'],
  },
  {
    name: 'head-kept-after-unknown-commit',
    file: settle,
    find: `  // Until the answer is here, nobody knows what the head is.
  working.head = undefined;
`,
    replace: '',
    breaks: 'After a commit whose answer was lost the projector plans from an old head for ever.',
    expects: ['I11', 'I14', 'G7', 'G2'],
    needs: ['write-answer-lost', 'write-late', 'state-server-error'],
  },
  {
    name: 'refusals-do-not-move-the-mark',
    file: commit,
    find: `      [attribute]: moved,
      last_mark: attribute,`,
    replace: `      [attribute]: plan.overlay.changes.length > 0 ? moved : (head.marks[attribute] ?? moved),
      last_mark: attribute,`,
    breaks: 'The token of a write that was refused is not met until some later write is applied.',
    expects: ['G7', 'I4'],
  },
  {
    name: 'mark-of-the-first-record',
    file: settle,
    find: `  const last = work.pending[plan.taken - 1];`,
    replace: `  const last = work.pending[plan.taken > 1 && plan.undecodable.length > 0 ? plan.taken - 2 : plan.taken - 1];`,
    breaks: 'An undecodable record at the end of a plan is read again and quarantined twice.',
    expects: ['G6', 'G3'],
  },
  {
    name: 'outcomes-not-written',
    file: commit,
    find: `  return plan.outcomes.map(({ event, outcome }) => ({`,
    replace: `  return plan.outcomes.filter(({ outcome }) => outcome.status === 'refused').map(({ event, outcome }) => ({`,
    breaks:
      'An event that is in the log twice is decided twice, and a client that waits for it waits in vain.',
    expects: ['G1', 'G3', 'G7', 'I10'],
  },
  {
    name: 'refusals-without-outcome',
    file: commit,
    find: `  return plan.outcomes.map(({ event, outcome }) => ({`,
    replace: `  return plan.outcomes.filter(({ outcome }) => outcome.status === 'applied').map(({ event, outcome }) => ({`,
    breaks: 'A refused event is decided again when its copy comes, and may then take effect.',
    expects: ['G1', 'G3', 'I10'],
  },
  {
    name: 'decided-events-planned-again',
    file: plan,
    find: `!settled.has(content.event.id) && !decidedHere.has(content.event.id)) {`,
    replace: `(settled.size === 0 || !settled.has('')) && !decidedHere.has(content.event.id)) {`,
    breaks: 'A second copy of an event fails every commit, and blocks the log of ads for ever.',
    expects: ['I11', 'I14', 'G2', 'G7'],
  },
  {
    name: 'batch-decided-on-the-old-state',
    file: plan,
    find: `      const decision = decide(content.event, overlay, settings);`,
    replace: `      const known = { ...overlay, version: overlay.version, size: state.size, liveBytes: state.liveBytes };
      const decision = decide(content.event, { ...known, get: (id) => state.get(id) ?? overlay.get(id) }, settings);`,
    breaks: 'Two changes of one ad in one batch: the second undoes the first.',
    expects: ['G3', 'G7'],
  },
  {
    name: 'if-match-decided-by-nobody',
    file: decide,
    find: `  if (event.ifVersion !== undefined && event.ifVersion !== ad.version) {`,
    replace: `  if (event.ifVersion !== undefined && event.ifVersion > ad.version) {`,
    breaks: 'An edit of an old version overwrites a newer one.',
    expects: ['G3', 'I10'],
  },
  {
    name: 'if-match-lost-in-the-log',
    file: codec,
    find: `
    ifVersion: version.exactOptional(),`,
    replace: '',
    breaks: 'Two concurrent edits with one If-Match both succeed, because only ingest checks it.',
    expects: ['G3', 'I10'],
  },
  {
    name: 'decided-by-the-wall-clock',
    file: settle,
    find: `  const plan = planCommit(work.pending, follower.state, work.settled, deps.settings.ads, projections);`,
    replace: `  const at = deps.clock.nowMs();
  const now = work.pending.map((next): PendingRecord => {
    const { content } = next;
    if (content.type !== 'event' || content.event.type === 'AdCreated') return next;
    return { ...next, content: { type: 'event', event: { ...content.event, at } } };
  });
  const plan = planCommit(now, follower.state, work.settled, deps.settings.ads, projections);`,
    breaks: 'The effect of an event depends on when, and by which clock, it is processed.',
    expects: ['G3', 'G5', 'I9'],
    needs: ['clock-skew', 'clock-jumps-back', 'state-server-error', 'stale-checkpoint'],
  },
  {
    name: 'limits-forgotten-by-the-projector',
    file: decide,
    find: `before === undefined && ads >= limits.liveAdsMax;`,
    replace: `before === undefined && ads > limits.liveAdsMax;`,
    breaks: 'One ad more than the stage allows.',
    expects: ['G9', 'G3'],
  },
  {
    name: 'update-makes-a-new-ad',
    file: decide,
    find: `createdAt: ad.createdAt };`,
    replace: `createdAt: event.at };`,
    breaks: 'The ad forgets when it was created.',
    expects: ['G3', 'I10'],
  },
  {
    name: 'null-clears-nothing',
    file: 'lib/core/ads/ad-content.ts',
    find: `    ageStart: patch.ageStart === undefined ? content.ageStart : patch.ageStart,`,
    replace: `    ageStart: patch.ageStart ?? content.ageStart,`,
    breaks: 'An age bound cannot be removed.',
    expects: ['G3', 'I10'],
  },
  {
    name: 'ad-mark-without-epoch-order',
    file: 'lib/app/ads/ad-batch.ts',
    find: `  pending.sort((a, b) => (a.mark < b.mark ? -1 : a.mark > b.mark ? 1 : 0));`,
    replace: `  pending.sort((a, b) => (a.record.sequenceNumber < b.record.sequenceNumber ? -1 : 1));`,
    breaks: 'If numbers grow by a digit, the order of ad events is reversed and one is skipped.',
    expects: ['G3', 'G7', 'I3'],
  },
  {
    name: 'scheduler-failure-stops-the-log',
    file: 'lib/app/ads/ad-schedules.ts',
    find: `      if (!(error instanceof ScheduleError)) throw error;`,
    replace: `      throw error;`,
    breaks: 'While the Scheduler fails, no ad change is committed.',
    expects: ['G2', 'I11', 'I14'],
    needs: ['schedule-call-failed'],
  },
  {
    name: 'schedule-after-commit',
    file: settle,
    find: `  await setSchedules(deps, plan);
  // Until the answer is here, nobody knows what the head is.
  working.head = undefined;
  const moved = await commit(deps, { plan, head, shard, last });`,
    replace: `  // Until the answer is here, nobody knows what the head is.
  working.head = undefined;
  const moved = await commit(deps, { plan, head, shard, last });
  if (moved !== undefined) await setSchedules(deps, plan);`,
    breaks: 'A process that dies after the commit leaves an ad without a schedule.',
    expects: ['I8', 'G4'],
  },
];
