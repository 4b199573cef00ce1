import type { SimulatedDefect } from '../../plant/defect.ts';

const adRights = 'lib/app/delivery/ad-rights.ts';
const takeBack = 'lib/app/delivery/take-back.ts';
const ledger = 'lib/core/delivery/goals/ledger.ts';
const closeRights = 'lib/core/delivery/goals/close-rights.ts';
const openRights = 'lib/core/delivery/goals/open-rights.ts';
const plan = 'lib/core/delivery/goals/plan.ts';
const opening = 'lib/core/delivery/goals/opening.ts';
const caps = 'lib/app/delivery/user-caps.ts';

/** If more seeds than this are needed, the simulator is blind to what goals are about. */
const canarySeeds = 50;

const defects: readonly Omit<SimulatedDefect, 'withGoals'>[] = [
  {
    name: 'goals-lease-without-its-condition',
    file: ledger,
    find: `      ...(totalMax === undefined ? [] : [compare('used', '<=', totalMax - rights)]),
      ...(dayMax === undefined ? [] : [(dayMax < rights ? compare : absentOr)(day, '<=', dayMax - rights)]),
`,
    replace: '',
    breaks: 'Nothing keeps containers from leasing more rights than a goal has.',
    expects: ['G10', 'G12'],
    seedsMax: canarySeeds,
  },
  {
    name: 'goals-fence-by-the-clock',
    file: takeBack,
    find: '  const change = returnRights(read.counter, ledger);',
    replace: `  const closed = closableThrough(clock.nowMs(), impressionMinutes);
  const change = returnRights({ ...read.counter, closed }, ledger);`,
    breaks: 'Rights come back when the clock says so, and impressions of their epoch may still be counted.',
    expects: ['G10'],
    seedsMax: canarySeeds,
  },
  {
    name: 'goals-one-too-many',
    file: ledger,
    find: `compare('used', '<=', totalMax - rights)`,
    replace: `compare('used', '<=', totalMax - rights + 1)`,
    breaks: 'Each goal is passed by one impression.',
    expects: ['G10', 'G12'],
  },
  {
    name: 'goals-days-without-a-limit',
    file: ledger,
    find: `      ...(dayMax === undefined ? [] : [(dayMax < rights ? compare : absentOr)(day, '<=', dayMax - rights)]),
`,
    replace: '',
    breaks: 'A daily goal keeps nothing back: the total is used up on the first day.',
    expects: ['G10', 'G12'],
  },
  {
    name: 'goals-rights-carried-over',
    file: adRights,
    find: 'this.#held = { generation, epoch, left: rights };',
    replace: 'this.#held = { generation, epoch, left: rights + (this.#held?.left ?? 0) };',
    breaks: 'Rights of an epoch that is over are spent in the next one, and come back as well.',
    expects: ['G10'],
  },
  {
    name: 'goals-decision-of-a-later-epoch',
    file: adRights,
    find: `left > 0 && this.#held.epoch === this.#epochAt(nowMs);
  }`,
    replace: `left > 0;
  }`,
    breaks: 'A container that was frozen signs decisions of an epoch that is over.',
    expects: ['G10', 'G11'],
  },
  {
    name: 'goals-right-spent-by-two',
    file: adRights,
    find: '    this.#held.left -= 1;\n',
    replace:
      '    const { left } = this.#held;\n    this.#held.left = left > 1 ? left - 1 : Math.max(0, this.#asking.size - 1);\n',
    breaks: 'The last right of a lease larger than one starts the lease over.',
    expects: ['G10'],
  },
  {
    name: 'goals-day-of-utc',
    file: adRights,
    find: 'return epochAt(nowMs, this.#impressionMinutes, goal?.days.at(nowMs).day);',
    replace: 'return epochAt(nowMs, this.#impressionMinutes);',
    breaks: 'Rights are charged to the day in UTC while the goal has its days in another zone.',
    expects: ['G10', 'G12'],
  },
  {
    name: 'goals-lead-of-minutes',
    file: plan,
    find: 'onLine(plan, atMs + leadMs) + 1',
    replace: 'onLine(plan, atMs + 60 * leadMs) + 1',
    breaks: 'Rights are out minutes before their time.',
    expects: ['G12'],
  },
  {
    name: 'goals-taken-back-twice',
    file: closeRights,
    find: `      compare('closed', '=', ledger.closed),
      ...epochs.map(([epoch, leased]) => compare(leasedAttribute(epoch), '=', leased)),
`,
    replace: '',
    breaks: 'Two containers that take back the rights of one epoch take them off twice.',
    expects: ['G10'],
  },
  {
    name: 'goals-counter-forgets-too-soon',
    file: closeRights,
    find: 'filter((epoch) => epoch <= ledgerClosed);',
    replace: 'filter((epoch) => epoch <= closed);',
    breaks: 'The impressions of an epoch are forgotten before its rights come back, and all of them do.',
    expects: ['G10'],
  },
  {
    name: 'goals-close-as-a-clock-says',
    file: closeRights,
    find: '  const closed = Math.min(through, closableThrough(arrivedAtMs, impressionMinutes));',
    replace: '  const closed = through;',
    breaks: 'A container whose clock is ahead closes epochs whose impressions are still on their way.',
    expects: ['G10'],
  },
  {
    name: 'goals-day-keeps-its-rights',
    file: closeRights,
    find: '    if (!ended.includes(dayOfEpoch(epoch))) add(dayAttribute(dayOfEpoch(epoch)), -unseen);\n',
    replace: '',
    breaks: 'What was not seen comes back to the total and not to its day, which stays short of its goal.',
    expects: ['G10', 'G12'],
  },
  {
    name: 'goals-unseen-epochs-kept',
    file: takeBack,
    find: '  if (change !== undefined) {',
    replace: '  if (change !== undefined && read.counter.counted.size > 0) {',
    breaks: 'The rights of an ad that nobody has seen never come back.',
    expects: ['G12'],
  },
  {
    name: 'goals-opened-as-if-new',
    file: openRights,
    find: '        used: BigInt(counter.total),',
    replace: '        used: 0n,',
    breaks: 'A goal that is set on a running ad counts from nothing: what it had before comes on top.',
    expects: ['G10'],
  },
  {
    name: 'goals-one-too-many-a-day',
    file: ledger,
    find: `(day, '<=', dayMax - rights)`,
    replace: `(day, '<=', dayMax - rights + 1)`,
    breaks: 'Each day passes its goal by one impression.',
    expects: ['G10', 'G12'],
  },
  {
    name: 'goals-lease-of-an-old-plan',
    file: ledger,
    find: `      compare('plan', '=', plan),
      compare('closed', '<', epoch),`,
    replace: `      compare('closed', '<', epoch),`,
    breaks: 'Containers that do not know yet that a goal was lowered, or its ad paused, go on leasing.',
    expects: ['G10', 'G12'],
  },
  {
    name: 'goals-idle-ledger-left-behind',
    file: ledger,
    find: 'if (ledger.leased.size > 0 || ledger.closed',
    replace: 'if (ledger.leased.size >= 0 || ledger.closed',
    breaks: 'An ad that nobody asked for in an hour never gets a right again.',
    expects: ['G12'],
  },
  {
    name: 'goals-plan-one-ahead',
    file: plan,
    find: 'onLine(plan, atMs + leadMs) + 1',
    replace: 'onLine(plan, atMs + leadMs) + 2',
    breaks: 'One right more is out than the plan has.',
    expects: ['G12'],
  },
  {
    name: 'goals-returned-rights-stay-in-the-ledger',
    file: closeRights,
    find: '    remove: [...epochs.map(([epoch]) => leasedAttribute(epoch)), ...ended.map(dayAttribute)],',
    replace: '    remove: ended.map(dayAttribute),',
    breaks: 'Rights that came back come back again with the next close.',
    expects: ['G10'],
  },
  {
    name: 'goals-return-that-closes-nothing',
    file: closeRights,
    find: 'set: { closed: BigInt(Math.max(closed, ledger.closed)) },',
    replace: 'set: { closed: BigInt(ledger.closed) },',
    breaks: 'Containers lease in epochs that are closed, and counters never forget one.',
    expects: ['G10'],
  },
  {
    name: 'goals-return-of-an-open-epoch',
    file: closeRights,
    find: '.filter(([epoch]) => epoch <= closed);\n  if (closed',
    replace: '.filter(([epoch]) => epoch <= closed + 4);\n  if (closed',
    breaks: 'Rights of the epoch after the last closed one come back while its impressions count.',
    expects: ['G10'],
  },
  {
    name: 'goals-impressions-of-an-old-generation-kept',
    file: openRights,
    find: '      remove: [...counter.counted.keys()].map(countedAttribute),\n',
    replace: '',
    breaks: 'Impressions of a goal that was removed are taken for some of the goal that followed.',
    expects: ['G10'],
  },
  {
    name: 'goals-day-begins-anew-with-a-generation',
    file: openRights,
    find: '        ...Object.fromEntries([...counter.days].map(([day, count]) => [dayAttribute(day), BigInt(count)])),\n',
    replace: '',
    breaks: 'A daily goal that is removed and set again on the same day counts that day from nothing.',
    expects: ['G10'],
  },
  {
    name: 'goals-generation-outside-the-log',
    file: opening,
    find: '  if (newest < generation) return open(generation);',
    replace: `  if (newest < generation && !hasRights(generation)) return { status: 'open', generation };
  if (newest < generation) return open(generation);`,
    breaks: 'After a goal was removed nothing says so in the log: impressions from then on are all late.',
    expects: ['G11'],
  },
  {
    name: 'goals-rights-of-an-old-plan',
    file: adRights,
    find: `    this.#ad = ad;
    this.#held = undefined;`,
    replace: '    this.#ad = ad;',
    breaks: 'A container goes on with the rights in its hand although the goal was lowered.',
    expects: ['G10'],
  },
  {
    name: 'goals-lost-answer-taken-for-a-lease',
    file: adRights,
    find: 'if (await this.#write(ad, leaseChange(lease, this.#impressionMinutes))) {',
    replace: 'if (await this.#write(ad, leaseChange(lease, this.#impressionMinutes)).catch(() => true)) {',
    breaks: 'A container spends rights of a lease that the store may never have made.',
    expects: ['G10'],
    needs: ['write-answer-lost', 'write-late', 'state-server-error', 'state-throttled', 'condition-failed'],
  },
  {
    name: 'goals-decision-without-the-epoch-of-its-right',
    file: 'lib/app/delivery/decider.ts',
    find: '      const { generation, epoch } = right;',
    replace: '      const { generation } = right;\n      const { epoch } = plain;',
    breaks: 'A decision is of the epoch of its request, and of the day in UTC, and not of its right.',
    expects: ['G10', 'G11'],
  },
  {
    name: 'goals-day-of-utc-counted',
    file: 'lib/core/delivery/goals/counted-rights.ts',
    find: 'const day = dayAttribute(dayOfEpoch(epoch));',
    replace: 'const day = dayAttribute(Math.floor(epoch / 5760));',
    breaks: 'Impressions are put to the day in UTC, whatever day their rights were leased for.',
    expects: ['G10', 'G12'],
  },
  {
    name: 'goals-closed-beside-the-log',
    file: takeBack,
    find: '  const [ordered = false] = await logRights(deps, [',
    replace: `  const through = closableThrough(nowMs, impressionMinutes);
  await state.write({
    ...{ type: 'update', key: counterKey(deliveryKey(ad, 'impression')), set: { closed: BigInt(through) } },
    condition: { op: '=', attribute: 'generation', value: BigInt(ledger.generation) },
  });
  const [ordered = false] = await logRights(deps, [`,
    breaks: 'An epoch is closed while impressions of it wait in the log, and they are late.',
    expects: ['G10', 'G1'],
  },
  {
    name: 'goals-sweep-that-never-closes',
    file: 'lib/app/delivery/sweep-rights.ts',
    find: '.slice(0, adsPerRunMax)',
    replace: '.slice(adsPerRunMax)',
    breaks: 'The last rights of an ad that nobody asks for any more never come back.',
    expects: ['G12'],
  },
  {
    name: 'goals-replanned-each-minute',
    file: plan,
    find: 'const replanMs = 60 * minuteMs;',
    replace: 'const replanMs = minuteMs;',
    breaks: 'Each minute the plan forgets what it was behind, and the ledger gets a write for it.',
    expects: ['G12'],
  },
  {
    name: 'goals-seen-rights-reported-as-out',
    file: 'lib/core/delivery/goals/goal-report.ts',
    find: 'Math.max(0, ledger.used - counter.total)',
    replace: 'Math.max(0, ledger.used)',
    breaks: 'A report counts the impressions of a goal among the rights that are out.',
    expects: ['G12'],
  },
  {
    name: 'goals-cap-read-then-written',
    file: caps,
    find: '            return takeOne(userHash(key, user), window);',
    replace: `            const action = takeOne(userHash(key, user), window);
            const { n = 0n } = (await state.get(action.key)) ?? {};
            return BigInt(n) < BigInt(window.max) ? { ...action, condition: undefined } : action;`,
    breaks: 'Requests at once all see the last place of a cap, and all take it.',
    expects: ['G13'],
  },
  {
    name: 'goals-click-leads-anywhere',
    file: 'lib/app/delivery/decision-signature.ts',
    find: '  return timingSafeEqual(linkMac(key, token.decision.ad, url), given);',
    replace: '  return url.length > 0;',
    breaks: 'The redirect of a click is open: it leads to whatever address somebody writes into it.',
    expects: ['G11'],
  },
];

/** Seeds with goals alone reach any of this. */
export const goalDefects: readonly SimulatedDefect[] = defects.map((defect) => ({
  ...defect,
  withGoals: true,
}));
