import type { SimulatedDefect } from '../../plant/defect.ts';

const adRights = 'lib/app/delivery/ad-rights.ts';
const takeBack = 'lib/app/delivery/take-back.ts';
const ledger = 'lib/core/delivery/goals/ledger.ts';
const closeRights = 'lib/core/delivery/goals/close-rights.ts';
const openRights = 'lib/core/delivery/goals/open-rights.ts';
const plan = 'lib/core/delivery/goals/plan.ts';

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
    find: '    if (!over.includes(dayOfEpoch(epoch))) add(dayAttribute(dayOfEpoch(epoch)), unseen);\n',
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
];

/** Seeds with goals alone reach any of this. */
export const goalDefects: readonly SimulatedDefect[] = defects.map((defect) => ({
  ...defect,
  withGoals: true,
}));
