import type { Size, Version } from './world.ts';

const goal = (total: number, generation = 1): Version => ({ goal: { total }, generation });
const none = (generation: number): Version => ({ goal: undefined, generation });

const ofLeases = { epochs: [4000, 4004], containers: 1, leases: 2, rights: [1] };
const ofRecords = { tokens: 2, copies: 1, records: 3, closes: 1, batch: 2 };
const least: Size = { versions: [goal(1)], ...ofLeases, ...ofRecords, pending: 0 };

const world = (more: Partial<Size>): Size => ({ ...least, ...more });

/**
 * Worlds that are gone through whole: each a few thousand states, so that all of them take seconds. What one leaves out
 * is in another.
 */
export const sizes = {
  'one right': world({ leases: 1, tokens: 1, records: 2, copies: 2 }),
  'leases, deaths, duplicates, closes': world({
    ...{ leases: 3, tokens: 3, copies: 2, records: 5, closes: 2, deaths: true },
  }),
  'a prepared write': world({ pending: 1, deaths: true }),
  'two prepared writes': world({ pending: 2, leases: 1, tokens: 1, records: 2, batch: 1 }),
  'a slow asker': world({ pending: 1, leases: 1, closes: 2, tokens: 1, batch: 1 }),
  'a slow asker while rights are leased': world({
    ...{ versions: [goal(2)], epochs: [4000], pending: 1, tokens: 1, records: 2, batch: 1 },
  }),
  'leases of two rights': world({ versions: [goal(2)], rights: [1, 2], records: 4, deaths: true }),
  'quarantine and redrive': world({ quarantined: 1, records: 4, closes: 2 }),
  'claims that expire': world({ expiry: 'in time', copies: 2, records: 4 }),
  'a goal that is lowered and raised': world({
    ...{ versions: [goal(2), goal(1), goal(2)], containers: 2, closes: 0, batch: 1 },
  }),
  'a goal that is lowered while a lease hangs': world({
    ...{ versions: [goal(2), goal(1)], containers: 2, pending: 1, closes: 0, batch: 1 },
  }),
  'a goal that is changed while its plan moves': world({
    ...{ versions: [goal(2), goal(1), goal(2)], containers: 2, pending: 1, leases: 1, closes: 0, tokens: 0 },
  }),
  'a goal that begins anew': world({ versions: [goal(1), goal(2, 11)], epochs: [4000], records: 4 }),
  'a goal that is set': world({ versions: [none(0), goal(1)] }),
  'a goal that is set, and a redrive': world({
    ...{
      versions: [none(0), goal(1)],
      quarantined: 1,
      pending: 1,
      leases: 0,
      tokens: 1,
      records: 2,
      closes: 0,
    },
  }),
  'a goal that is removed and set': world({
    ...{ versions: [goal(1), none(10), goal(2, 21)], epochs: [4000], leases: 1, closes: 0 },
  }),
  'a goal that is removed and set, and an order to close its rights': world({
    ...{
      versions: [goal(1), none(10), goal(2, 21)],
      epochs: [4000],
      leases: 1,
      tokens: 1,
      records: 4,
      batch: 1,
    },
  }),
  'counters restored': world({ restore: 'counters', restores: 1 }),
  'counters restored, of a goal that is set': world({
    ...{ versions: [none(0), goal(1)], leases: 1, tokens: 1, restore: 'counters', restores: 1, closes: 0 },
  }),
  'a ledger restored': world({ restore: 'ledger', restores: 1 }),
  'a ledger restored while a lease hangs': world({
    ...{ restore: 'ledger', restores: 1, records: 2, tokens: 1, closes: 0, pending: 1 },
  }),
  'ledger and counters restored': world({ restore: 'both', restores: 1, epochs: [4000], records: 4 }),
  'a data folder restored': world({ restore: 'folder', restores: 1, epochs: [4000], records: 4 }),
  'epochs far apart': world({
    ...{ versions: [goal(2)], epochs: [4000, 4000 + 4 * 70], pending: 1, records: 2, tokens: 1 },
  }),
  // The last minute of a UTC day and the first of the next, each in zones on both sides of their midnights.
  'two days': world({
    ...{ versions: [{ goal: { daily: 1 }, generation: 1 }] },
    epochs: [4 * 1439, 4 * 1439 + 3, 4 * 1440, 4 * 1440 + 1],
  }),
};

const large = (more: Partial<Size>): Size => ({ ...least, tokens: 3, deaths: true, ...more });

/** The same things in larger worlds, for hours of a machine that has nothing else to do. */
export const largeSizes: Readonly<Record<string, Size>> = {
  'three epochs': large({ epochs: [4000, 4004, 4008], leases: 3, copies: 2, records: 6, closes: 2 }),
  'two containers': large({ versions: [goal(2)], containers: 2, leases: 3, records: 5, closes: 2 }),
  'two prepared writes': large({ pending: 2, leases: 3, tokens: 2, copies: 2, records: 4, closes: 2 }),
  'chunks of three records': large({
    ...{ versions: [goal(3)], rights: [1, 3], copies: 2, records: 6, batch: 3, pending: 1 },
  }),
  'goals 2, 1, 2': large({
    ...{ versions: [goal(2), goal(1), goal(2)], containers: 2, leases: 3, records: 4, pending: 1 },
  }),
  'set, removed, set': large({ versions: [none(0), goal(1, 11), none(20), goal(2, 31)], records: 6 }),
  quarantine: large({ quarantined: 2, tokens: 2, copies: 2, records: 5, closes: 2, pending: 1 }),
  restores: large({ restore: 'both', restores: 2, records: 6, pending: 1, expiry: 'in time', copies: 2 }),
  'somebody asks while ledger and counters are restored': large({
    ...{ restore: 'both', restores: 1, tokens: 1, pending: 1, batch: 1 },
  }),
  folders: large({ restore: 'folder', restores: 2, records: 5, pending: 1 }),
};

const drawn = (more: Partial<Size>): Size => ({
  ...{ ...least, containers: 2, leases: 8, tokens: 8, copies: 2, records: 30, closes: 6, batch: 4 },
  ...{ pending: 2, deaths: true, ...more },
});

/** Worlds far too large to go through: orders of their moves are drawn. */
export const drawnSizes: Readonly<Record<string, Size>> = {
  'a goal that changes': drawn({
    ...{ versions: [goal(5), goal(3), goal(6)], epochs: [4000, 4004, 4008], rights: [1, 3] },
    ...{ pending: 3, quarantined: 2, expiry: 'in time' },
  }),
  'goals set and removed': drawn({
    ...{ versions: [none(0), goal(4, 11), none(20), goal(9, 31)], rights: [1, 3], quarantined: 2 },
  }),
  restores: drawn({ versions: [goal(5)], rights: [1, 2], restore: 'both', restores: 2 }),
  'days and a total': drawn({
    ...{ versions: [{ goal: { daily: 2, total: 4 }, generation: 1 }], rights: [1, 2] },
    epochs: [4 * 1439, 4 * 1439 + 3, 4 * 1440, 4 * 1440 + 1],
  }),
};
