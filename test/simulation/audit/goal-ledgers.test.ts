import { describe, expect, it } from '@jest/globals';
import type { Attributes, ItemKey } from '../../../lib/ports/state-store.ts';
import { Violation, type ItemChange } from './auditor.ts';
import { GoalLedgers } from './goal-ledgers.ts';

const ad = '01890a5d-ac96-774b-bcce-000000000001';
/** Of the first minute of 2026, of the UTC day. */
const epoch = 4 * 29_453_760 + (20_454 % 4);
const next = epoch + 4;
const day = 'd20454';

/** The first hour of 2026. */
const startAt = Date.UTC(2026, 0, 1);
const span = { startAt, endAt: startAt + 3_600_000 };
/** Where a plan of that hour ends. */
const t1 = startAt + 3_600_000 - 72_000;

type Numbers = Readonly<Record<string, number>>;

const keys: Readonly<Record<'counter' | 'ledger', ItemKey>> = {
  counter: { table: 'counters', pk: `counter#\u0001i#${ad}`, sk: '' },
  ledger: { table: 'delivery', pk: `ledger#${ad}`, sk: '' },
};

const opened = { generation: 1, plan: 7, used: 2, closed: 0, t0: 0, u0: 0 };
const counted = { generation: 1, total: 2 };
/** Each write of an ad's life: opened after two impressions, four rights leased, one seen, the epoch closed, three back. */
const life: readonly Partial<Readonly<Record<'counter' | 'ledger', Numbers>>>[] = [
  { counter: { total: 2 } },
  { counter: counted, ledger: opened },
  { ledger: { ...opened, used: 6, [`l${epoch}`]: 4, [day]: 4 } },
  { counter: { ...counted, total: 3, [`i${epoch}`]: 1, [day]: 1 } },
  { counter: { ...counted, total: 3, [`i${epoch}`]: 1, [day]: 1, closed: epoch } },
  { ledger: { ...opened, used: 3, closed: epoch, [day]: 1, returned: 3 } },
  { ledger: { ...opened, used: 5, closed: epoch, [`l${next}`]: 2, [day]: 3, returned: 3 } },
];

const asItem = (numbers: Numbers): Attributes =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, BigInt(value)]));

type Goal = Numbers & { readonly pacing?: string; readonly status?: string };

/** What is seen in this life, in which the write at an index is another. */
function seenIn(
  at = -1,
  instead: (typeof life)[number] = {},
  goal: Goal | undefined = { total: 6 },
  isAtRest = false,
): string {
  return seenOf(
    life.map((write, index) => (index === at ? instead : write)),
    goal,
    isAtRest,
  );
}

/** What is seen of a ledger after it was opened. */
function withLines(...writes: readonly (typeof life)[number][]): string {
  return seenOf([{ counter: { total: 2 } }, ...writes], { total: 6 }, false);
}

function seenOf(writes: typeof life, goal: Goal | undefined, isAtRest: boolean): string {
  const ledgers = new GoalLedgers({
    goalAt: (id, version) =>
      id === ad && version === 7 && goal !== undefined ? { ...span, pacing: 'asap', ...goal } : undefined,
    impressionMinutes: 10,
    clocksAheadMaxMs: 0,
  });
  const now = new Map<string, Attributes>();
  try {
    writes.forEach((write, index) => {
      const changes = Object.entries(write).map(([name, numbers]): ItemChange => {
        const key = keys[name as keyof typeof keys];
        const change = { key, before: now.get(key.pk), after: asItem(numbers) };
        now.set(key.pk, change.after);
        return change;
      });
      ledgers.wrote({ atMs: startAt + index, containerId: 'some-1', changes });
    });
    if (isAtRest) ledgers.checkAtRest([ad]);
    return JSON.stringify(ledgers.facts);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return error.message;
  }
}

describe('the auditor of ledgers', () => {
  it('has nothing against the life of a goal', () => {
    expect(JSON.parse(seenIn())).toEqual({
      leases: 2,
      rightsLeased: 6,
      rightsReturned: 3,
      rightsOpened: 1,
      ledgersAtRest: 0,
    });
    expect(seenIn(-1, {}, { total: 6, daily: 4 })).toContain('"leases":2');
  });

  it.each<[string, number, (typeof life)[number], RegExp]>([
    [
      'begins with another number than was counted',
      1,
      { counter: counted, ledger: { ...opened, used: 1 } },
      /another number/,
    ],
    [
      'begins with rights out',
      1,
      { counter: counted, ledger: { ...opened, [`l${epoch}`]: 1 } },
      /begins with rights out/,
    ],
    [
      'begins with another number of a day',
      1,
      { counter: { ...counted, [day]: 2 }, ledger: opened },
      /another number of a day/,
    ],
    [
      'takes back and closes nothing',
      5,
      { ledger: { ...opened, used: 3, [day]: 1, returned: 3 } },
      /of an epoch that is open/,
    ],
    [
      'leases above the goal',
      2,
      { ledger: { ...opened, used: 7, [`l${epoch}`]: 5, [day]: 5 } },
      /above the goal/,
    ],
    [
      'leases more than it uses',
      2,
      { ledger: { ...opened, used: 5, [`l${epoch}`]: 4, [day]: 4 } },
      /unevenly/,
    ],
    [
      'leases for another day',
      2,
      { ledger: { ...opened, used: 6, [`l${epoch}`]: 4, d20455: 4 } },
      /unevenly/,
    ],
    ['uses what nobody leased', 2, { ledger: { ...opened, used: 6 } }, /from nowhere/],
    [
      'counts more than was leased',
      3,
      { counter: { ...counted, total: 7, [`i${epoch}`]: 5, [day]: 5 } },
      /more impressions of an epoch than rights/,
    ],
    ['counts without an epoch', 3, { counter: { ...counted, total: 3 } }, /without a right/],
    [
      'counts as it closes another epoch again',
      4,
      { counter: { ...counted, total: 2, [`i${epoch}`]: 0, [day]: 0, closed: epoch } },
      /loses impressions/,
    ],
    [
      'takes back before the log has closed',
      4,
      { ledger: { ...opened, used: 3, closed: epoch, [day]: 1 } },
      /that the log has not closed/,
    ],
    [
      'takes back what was seen',
      5,
      { ledger: { ...opened, used: 2, closed: epoch, [day]: 0 } },
      /other rights come back/,
    ],
    [
      'reports other rights than came back',
      5,
      { ledger: { ...opened, used: 3, closed: epoch, [day]: 1, returned: 4 } },
      /reports other rights/,
    ],
    [
      'takes back a part',
      5,
      { ledger: { ...opened, used: 5, closed: epoch, [`l${epoch}`]: 3, [day]: 3 } },
      /a part of the rights/,
    ],
    [
      'leases in an epoch that is closed',
      6,
      { ledger: { ...opened, used: 5, closed: epoch, [`l${epoch}`]: 2, [day]: 3 } },
      /in an epoch that is closed/,
    ],
    [
      'goes back in its plan',
      6,
      { ledger: { ...opened, plan: 6, used: 3, closed: epoch, [day]: 1 } },
      /plan of a ledger/,
    ],
  ])('sees one that %s', (_, at, instead, message) => {
    expect(seenIn(at, instead)).toMatch(message);
  });

  it('sees an impression of an epoch that the log has closed', () => {
    const late = { counter: { ...counted, total: 4, [`i${epoch}`]: 2, [day]: 2, closed: epoch } };
    expect(seenIn(5, late)).toMatch(/of a closed epoch is counted/);
  });

  it('sees a lease for an ad without a goal', () => {
    const none = undefined as unknown as Numbers;
    expect(seenIn(-1, {}, { daily: 3 })).toMatch(/above the goal/);
    expect(seenIn(2, { ledger: { ...opened, plan: 8, used: 6, [`l${epoch}`]: 4, [day]: 4 } }, none)).toMatch(
      /a plan of no goal/,
    );
  });

  it('sees a lease before its time', () => {
    // Six in an hour: two by now.
    const evenly = { total: 6, pacing: 'even' } as const;
    expect(seenIn(-1, {}, evenly as unknown as Goal)).toMatch(/^G12: a lease before its time/);
  });

  it('sees a lease for an ad that is paused', () => {
    expect(seenIn(-1, {}, { total: 6, status: 'paused' } as unknown as Goal)).toMatch(/that is paused/);
  });

  it.each<[string, Numbers, RegExp]>([
    ['in the future', { t0: startAt + 60_000, u0: 2 }, /a line of the future/],
    ['to another end', { t0: startAt, u0: 2, t1: t1 + 1 }, /does not end with its goal/],
    ['to another goal', { t0: startAt, u0: 2, u1: 7 }, /does not end with its goal/],
    ['from above what was used', { t0: startAt, u0: 3 }, /above what was used/],
  ])('sees a line that is drawn %s', (_, line, message) => {
    const before = { ledger: opened, counter: counted };
    expect(withLines(before, { ledger: { ...opened, t1, u1: 6, ...line } })).toMatch(message);
    expect(withLines(before, { ledger: { ...opened, t0: startAt, u0: 2, t1, u1: 6 } })).toContain(
      '"rightsOpened":1',
    );
  });

  it.each<[string, Numbers, Numbers, RegExp]>([
    ['twice in an hour', { t0: startAt - 60_000 }, { t0: startAt }, /drawn anew too soon/],
    ['from the line or above', { t0: startAt - 3_600_000, u0: 1 }, { t0: startAt, u0: 4 }, /not below/],
  ])('sees a line that is drawn anew %s', (_, first, second, message) => {
    const line = { ...opened, used: 4, [`l${epoch}`]: 2, [day]: 2, t1, u1: 6, u0: 2 };
    expect(
      withLines(
        { ledger: opened, counter: counted },
        { ledger: { ...opened, used: 4, [`l${epoch}`]: 2, [day]: 2 } },
        { ledger: { ...line, ...first } },
        { ledger: { ...line, ...first, ...second } },
      ),
    ).toMatch(message);
  });

  it('sees rights of a day that do not come back', () => {
    const back = { ledger: { ...opened, used: 3, closed: epoch, [day]: 4, returned: 3 } };
    expect(seenIn(5, back)).toMatch(/other rights of a day/);
  });

  it('sees rights that are out at rest', () => {
    expect(seenIn(-1, {}, { total: 6 }, true)).toMatch(/^G12: rights are out/);
    expect(
      seenIn(6, { counter: { ...counted, total: 3, [day]: 1, closed: epoch } }, { total: 6 }, true),
    ).toContain('"ledgersAtRest":1');
  });
});
