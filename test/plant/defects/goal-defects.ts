import type { Defect } from '../defect.ts';

const adRights = 'lib/app/delivery/ad-rights.ts';
const rights = 'lib/app/delivery/rights.ts';
const settleRights = 'lib/app/delivery/settle-rights.ts';
const takeBack = 'lib/app/delivery/take-back.ts';
const opening = 'lib/core/delivery/goals/opening.ts';
const ledger = 'lib/core/delivery/goals/ledger.ts';
const plan = 'lib/core/delivery/goals/plan.ts';

export const goalDefects: readonly Defect[] = [
  {
    name: 'goal-right-spent-twice',
    file: adRights,
    find: 'this.#held.left > 0 &&',
    replace: 'this.#held.left >= 0 &&',
    breaks: 'Each lease is good for one decision more than it has rights, and the goal is passed.',
  },
  {
    name: 'goal-right-of-an-older-epoch',
    file: adRights,
    find: ' && this.#held.left > 0 && this.#held.epoch === this.#epochAt(nowMs);',
    replace: ' && this.#held.left > 0;',
    breaks:
      'A container that was frozen signs rights of an epoch that is closed: their impressions are late.',
  },
  {
    name: 'goal-rights-of-a-dead-plan',
    file: adRights,
    find: `    this.#ad = ad;
    this.#held = undefined;`,
    replace: '    this.#ad = ad;',
    breaks: 'After a goal was lowered, containers go on with the rights that they have in hand.',
  },
  {
    name: 'goal-late-answer-of-a-dead-plan',
    file: adRights,
    find: '    if (this.#ad.version !== ad.version) return;\n',
    replace: '',
    breaks: 'A lease that is answered after the goal was lowered is spent all the same.',
  },
  {
    name: 'goal-lease-without-the-plan',
    file: adRights,
    find: '      if (replanned !== undefined) {',
    replace: '      if (replanned !== undefined && ledger.plan === ad.version) {',
    breaks:
      'No container gets a right again after an ad was changed, because nobody moves the plan of its ledger.',
  },
  {
    name: 'goal-asks-all-the-time',
    file: adRights,
    find: 'return nowMs >= this.#asking.askAtMs && !this.isFailing(nowMs);',
    replace: 'return !this.isFailing(nowMs);',
    breaks: 'Each request writes to the ledger, although the plan has no right for minutes.',
  },
  {
    name: 'goal-waits-for-every-ad',
    file: 'lib/app/delivery/request-waits.ts',
    find: 'return this.#waits < waitsMax && this.#waitedMs < waitsMsMax;',
    replace: 'return this.#waitedMs < waitsMsMax;',
    breaks: 'One request asks for the rights of any number of ads, one after the other.',
  },
  {
    name: 'goal-asks-with-an-old-catalog',
    file: 'lib/app/delivery/decider.ts',
    find: 'rights.forRequest(nowMs, staleMs <= maxStalenessMs, waits)',
    replace: 'rights.forRequest(nowMs, staleMs >= 0, waits)',
    breaks: 'While the catalog cannot be checked, paused ads and lowered goals go on getting rights.',
  },
  {
    name: 'goal-failure-untold',
    file: rights,
    find: '    if (inTime === undefined || ad.isFailing(nowMs)) this.isDegraded = true;\n',
    replace: '',
    breaks: 'An answer without the ads whose ledger did not answer looks complete.',
  },
  {
    name: 'goal-open-not-awaited',
    file: adRights,
    find: `    if (isLogged) this.#openAgainAtMs = clock.nowMs() + openAgainMs;
    return isLogged;`,
    replace: `    if (isLogged) this.#openAgainAtMs = clock.nowMs() + openAgainMs;
    return true;`,
    breaks: 'Decisions of a generation are signed that the log may never open: none of them is counted.',
  },
  {
    name: 'goal-lost-ledger-opened-as-it-was',
    file: opening,
    find: 'open(newest + 2)',
    replace: 'open(newest)',
    breaks: 'An ad whose ledger is gone never gets a right again, because its generation is open already.',
  },
  {
    name: 'goal-outdated-container-opens',
    file: opening,
    find: "  if (ledger !== undefined && ofLedger > generation && ledger.plan > version) return { status: 'outdated' };\n",
    replace: '',
    breaks: 'A container with an old catalog ends the generation of a goal that was set a moment ago.',
  },
  {
    name: 'goal-rights-come-back-unclosed',
    file: takeBack,
    find: '  const change = returnRights(read.counter, ledger);',
    replace:
      '  const change = returnRights({ ...read.counter, closed: closableThrough(clock.nowMs(), impressionMinutes) }, ledger);',
    breaks:
      'Rights come back by the clock, before the log has said which impressions counted: the goal is passed.',
  },
  {
    name: 'goal-closes-the-future',
    file: takeBack,
    find: '      ...{ through: closableThrough(nowMs, impressionMinutes), ledgerClosed',
    replace: '      ...{ through: closableThrough(nowMs + 3_600_000, impressionMinutes), ledgerClosed',
    breaks:
      'Orders name epochs that still count; only the guard of the counter keeps them from being closed.',
  },
  {
    name: 'goal-order-settled-behind-its-mark',
    file: settleRights,
    find: '    const mark = isMark ? moveMarks(key, [end], clock.nowMs()) : undefined;',
    replace: `    const mark = isMark ? moveMarks(key, [end], clock.nowMs()) : undefined;
    if (counter !== undefined && mark !== undefined) await state.write(mark);`,
    breaks: 'A process that dies between the mark and the order loses the order.',
  },
  {
    name: 'goal-close-by-the-clock-of-the-reader',
    file: settleRights,
    find: 'closeCounter(order, counted, arrivedAtMs, impressionMinutes)',
    replace: 'closeCounter(order, counted, Math.max(arrivedAtMs, 8e15), impressionMinutes)',
    breaks: 'A record written with a fast clock closes epochs whose impressions still arrive.',
  },
  {
    name: 'goal-order-is-given-up-by-a-redrive',
    file: 'lib/app/quarantine/redrive.ts',
    find: '  if (isRightsRecord(event)) return redriveRights(deps, record, event);',
    replace: "  if (isRightsRecord(event)) return { status: 'refused', reason: 'no increment' };",
    breaks: 'An order in the quarantine can never be obeyed, so its goal never opens.',
  },
  {
    name: 'goal-line-from-what-was-heard-long-ago',
    file: ledger,
    find: "      ...(line === undefined ? [] : [compare('used', '=', ledger.used)]),\n",
    replace: '',
    breaks: 'A container that asks seldom draws a line far below the ad, which then waits for an hour.',
  },
  {
    name: 'goal-line-drawn-from-above',
    file: plan,
    find: ' || used >= onLine(plan, atMs - behindMs))',
    replace: ')',
    breaks:
      'Each new container draws a line and gets a right for it, and the goal is reached in a fraction of its time.',
  },
  {
    name: 'goal-line-of-another-goal',
    file: plan,
    find: 'line?.t1 === end.t1 && line.u1 === end.u1 &&',
    replace: 'line?.t1 === end.t1 &&',
    breaks: 'A goal that was raised goes on on the line of the lower one.',
  },
  {
    name: 'goal-line-of-tomorrow-drawn-over',
    file: plan,
    find: ' && line.t0 >= span.endMs)',
    replace: ' && line.t0 < 0)',
    breaks:
      'Around midnight containers whose clocks differ draw over each other, and each gets a right for it.',
  },
  {
    name: 'goal-asked-for-hours-too-late',
    file: 'lib/core/delivery/goals/asking.ts',
    find: 'Math.min(intervalMaxMs, intervalMs * 2)',
    replace: 'Math.min(waitMaxMs, intervalMs * 2)',
    breaks: 'The only container of a small goal asks hours after its plan has freed a right.',
  },
  {
    name: 'goal-ledgers-in-a-backup',
    file: 'lib/operator/open-data-folder.ts',
    find: '      await resetLedgersOf(to, { settings, clock, telemetry });\n',
    replace: '',
    breaks: 'A copy that is put back gives rights out once more, and the goal is passed.',
  },
  {
    name: 'goal-looked-after-with-each-lease',
    file: adRights,
    find: 'hasOverdue(before, { sinceMs: closeAfterMs, nowMs, impressionMinutes })',
    replace: 'hasOverdue(before, { sinceMs: 0, nowMs, impressionMinutes })',
    breaks:
      'Each container reads counter and ledger once a minute for each ad, which costs more than all leases.',
  },
];
