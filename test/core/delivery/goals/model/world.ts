import { applyAction } from '../../../../../lib/adapters/items/apply-action.ts';
import { conditionHolds } from '../../../../../lib/adapters/items/conditions.ts';
import { moveMarks } from '../../../../../lib/app/counters/counter-actions.ts';
import { incrementClaimKey } from '../../../../../lib/app/state-keys.ts';
import { firstChunk, type CountChunk } from '../../../../../lib/core/counters/chunk.ts';
import { toRepeats, type CounterRecord } from '../../../../../lib/core/counters/counter-record.ts';
import { groupRecords } from '../../../../../lib/core/counters/group-records.ts';
import type { RightsClosed } from '../../../../../lib/core/delivery/goals/close-rights.ts';
import type { CountedRights } from '../../../../../lib/core/delivery/goals/counted-rights.ts';
import type { Lease, Ledger } from '../../../../../lib/core/delivery/goals/ledger.ts';
import type { ItemChange } from '../../../../../lib/core/delivery/goals/item-change.ts';
import type { RightsOpened } from '../../../../../lib/core/delivery/goals/open-rights.ts';
import { deliveryKey } from '../../../../../lib/core/delivery/delivery-key.ts';
import type { Tracked } from '../../../../../lib/core/delivery/tracked-event.ts';
import type { Attributes, Condition, WriteAction } from '../../../../../lib/ports/state-store.ts';
import { readCountedRights, readLedger } from './read-once.ts';
import type { Rights } from './rights.ts';

/** What an ad's version says. */
export interface Version {
  /** Impressions in all, and of each day; undefined: it has no goal. */
  readonly goal: { readonly total?: number; readonly daily?: number } | undefined;
  /** Odd with a goal; another one than before where a goal is set or removed. */
  readonly generation: number;
}

/** How large a world may become, and what may happen in it. What is left out does not happen. */
export interface Size {
  /** The versions that the ad goes through. */
  readonly versions: readonly Version[];
  /** The numbers that epochs may have; any container may believe in any of them at any time. */
  readonly epochs: readonly number[];
  readonly containers: number;
  readonly leases: number;
  /** Rights of a lease. */
  readonly rights: readonly number[];
  readonly tokens: number;
  /** Times that the impression of a token may be reported. */
  readonly copies: number;
  /** Records of the log. */
  readonly records: number;
  readonly closes: number;
  /** Records of a batch. */
  readonly batch: number;
  /** Writes that somebody has prepared and may send at any time, or never. */
  readonly pending: number;
  readonly quarantined?: number;
  /** A container may die, and an answer may be lost. */
  readonly deaths?: boolean;
  /** Claims may expire: when no copy of their impression can come any more, or before. */
  readonly expiry?: 'in time' | 'early';
  readonly restores?: number;
  readonly restore?: Restore;
}

/**
 * `counters`: the table of counters as it was at the backup; the log is delivered again from there. `ledger`: the
 * ledger is gone, and a record begins a new generation. `both`: first the one, then the other. `folder`: everything and
 * the log as at the backup, and a record that begins a new generation. `careless`: the ledger as at the backup.
 */
export type Restore = 'counters' | 'ledger' | 'both' | 'folder' | 'careless';

export type LogRecord =
  | { readonly type: 'seen'; readonly token: number }
  | ({ readonly type: 'closed' } & RightsClosed)
  | ({ readonly type: 'opened' } & RightsOpened);

export type Status = 'none' | 'counted' | 'duplicate' | 'late' | 'quarantined' | 'done';

interface Token {
  readonly generation: number;
  readonly epoch: number;
  readonly copies: number;
}

interface Held {
  readonly generation: number;
  readonly epoch: number;
  readonly rights: number;
}

export interface Container {
  /** Index of the version that it knows. */
  readonly version: number;
  readonly held: readonly Held[];
}

/** What is stored with the counter of the ad. */
interface Counted {
  readonly counter: Attributes | undefined;
  /** Bit t: token t has a claim. */
  readonly claims: number;
  readonly status: readonly Status[];
  /** Records of the log that are settled or given up. */
  readonly mark: number;
}

type Pending =
  | { readonly type: 'lease'; readonly container: number; readonly lease: Lease; readonly change: ItemChange }
  /** Somebody has read one of the two items and goes on to read the other. */
  | { readonly type: 'asker'; readonly read: CountedRights | Ledger }
  | { readonly type: 'change'; readonly change: ItemChange }
  | { readonly type: 'batch'; readonly write: Write };

/** One transaction of a settler of records: the aggregator, a redrive or an operator. */
interface Write {
  readonly counter: WriteAction;
  readonly ledger?: WriteAction | undefined;
  /** Tokens whose claims it makes. */
  readonly claims: readonly number[];
  readonly from: number;
  readonly statuses: readonly Status[];
}

export interface State extends Counted {
  readonly ledger: Attributes | undefined;
  /** Index of the version that the ad has. */
  readonly version: number;
  /** Some containers do not know the last change yet. */
  readonly spreading: boolean;
  readonly containers: readonly Container[];
  readonly tokens: readonly Token[];
  readonly log: readonly LogRecord[];
  readonly pending: readonly Pending[];
  readonly leases: number;
  readonly closes: number;
  readonly quarantined: number;
  readonly restores: number;
  readonly backup: (Counted & Pick<State, 'ledger' | 'log'>) | undefined;
  /** Impressions that may be counted by now, whatever happened. */
  readonly allowed: number;
  /** What was counted when the present generation began. */
  readonly base: number;
  /** What no state may have; empty: all is well. */
  readonly wrong: string;
}

export interface Move {
  readonly label: () => string;
  readonly apply: () => State;
}

export const ad = '01890a5d-ac96-774b-bcce-000000000001';
const shard = { epoch: '1', shardId: 's' };
const markName = 'hw|1|s|';
const counterKey = { table: 'counters', pk: 'counter', sk: '' } as const;
const ledgerKey = { table: 'delivery', pk: 'ledger', sk: '' } as const;

export function firstState({ versions, containers, epochs }: Size): State {
  const [first] = versions;
  const { goal, generation } = first!;
  const closed = BigInt(Math.min(...epochs) - 1);
  const opened = { generation: BigInt(generation), closed };
  return {
    ledger: goal === undefined ? undefined : { ...opened, plan: 0n, used: 0n },
    counter: goal === undefined ? undefined : opened,
    ...{ claims: 0, status: [], mark: 0, version: 0, spreading: false, tokens: [], log: [], pending: [] },
    containers: Array.from({ length: containers }, () => ({ version: 0, held: [] })),
    ...{ leases: 0, closes: 0, quarantined: 0, restores: 0, backup: undefined, base: 0, wrong: '' },
    allowed: goalOf(first!),
  };
}

function goalOf({ goal }: Version): number {
  return goal === undefined ? Infinity : (goal.total ?? Infinity);
}

/** Everything that may happen next. */
export class Moves {
  readonly #size: Size;
  readonly #rights: Rights;

  constructor(size: Size, rights: Rights) {
    this.#size = size;
    this.#rights = rights;
  }

  of(state: State): Move[] {
    const moves: Move[] = [];
    this.#catalog(state, moves);
    state.containers.forEach((_, index) => {
      this.#container(state, index, moves);
    });
    this.#log(state, moves);
    this.#settle(state, moves);
    this.#ask(state, moves);
    this.#finish(state, moves);
    this.#restore(state, moves);
    if (this.#size.expiry !== undefined) this.#expire(state, moves);
    return moves;
  }

  #catalog(state: State, moves: Move[]): void {
    const { versions } = this.#size;
    const next = versions[state.version + 1];
    if (next !== undefined)
      moves.push({
        label: () => `the ad has version ${state.version + 1}`,
        apply: () => ({
          ...state,
          version: state.version + 1,
          spreading: true,
          allowed: Math.max(state.allowed, goalOf(next)),
        }),
      });
    const goal = goalOf(versions[state.version]!);
    if (!state.spreading || state.containers.some(({ version }) => version < state.version)) return;
    const ledger = readLedger(state.ledger);
    const counter = readCountedRights(state.counter);
    const isOpen = ledger?.generation === counter.generation && counter.generation % 2 === 1;
    // A goal that is not opened yet bounds nothing.
    if (counter.generation < versions[state.version]!.generation) return;
    moves.push({
      label: () => 'everybody knows the version',
      apply: () => ({
        ...state,
        spreading: false,
        allowed: Math.max(goal, isOpen ? ledger.used : counter.total),
      }),
    });
  }

  #container(state: State, index: number, moves: Move[]): void {
    const { versions, epochs, rights, leases, tokens, deaths } = this.#size;
    const container = state.containers[index]!;
    if (container.version < state.version)
      moves.push({
        label: () => `container ${index} knows version ${state.version}`,
        apply: () => withContainer(state, index, { ...container, version: state.version }),
      });
    if (deaths === true && container.held.length > 0)
      moves.push({
        label: () => `container ${index} dies`,
        apply: () => withContainer(state, index, { ...container, held: [] }),
      });
    const { goal, generation } = versions[container.version]!;
    if (goal !== undefined && state.leases < leases)
      for (const epoch of epochs) for (const count of rights) this.#lease(state, index, epoch, count, moves);
    if (state.tokens.length >= tokens) return;
    for (const held of container.held)
      moves.push({
        label: () => `container ${index} decides: token ${state.tokens.length} of epoch ${held.epoch}`,
        apply: () => {
          const left = addHeld(container.held, { ...held, rights: -1 });
          return withToken(withContainer(state, index, { ...container, held: left }), held);
        },
      });
    if (goal === undefined)
      moves.push({
        label: () => `container ${index} decides without a goal: token ${state.tokens.length}`,
        apply: () => withToken(state, { generation, epoch: epochs[0]! }),
      });
  }

  #lease(state: State, container: number, epoch: number, rights: number, moves: Move[]): void {
    const { version } = state.containers[container]!;
    const { goal } = this.#size.versions[version]!;
    const ledger = readLedger(state.ledger);
    const lease: Lease = {
      ...{ rights, epoch, plan: version, totalMax: goal?.total, dayMax: goal?.daily },
      generation: ledger?.generation ?? 1,
    };
    const change = this.#rights.lease(lease);
    const sent = { ...state, leases: state.leases + 1 };
    const text = `container ${container} leases ${rights} in epoch ${epoch}`;
    if (conditionHolds(change.condition, state.ledger)) {
      const made = this.#leased(sent, change);
      moves.push({ label: () => text, apply: () => granted(made, container, lease) });
      if (this.#size.deaths === true)
        moves.push({ label: () => `${text}, and the answer is lost`, apply: () => made });
    } else if (ledger !== undefined && version > ledger.plan) {
      const moved = this.#rights.plan(ledger, version);
      this.#hold(state, { type: 'change', change: moved }, `the plan of version ${version}`, moves);
    } else if (ledger !== undefined) {
      const near = this.#rights.near(ledger, epoch);
      if (near !== undefined) this.#hold(state, { type: 'change', change: near }, 'the ledger near', moves);
    }
    if (state.pending.length < this.#size.pending && ledger !== undefined)
      moves.push({
        label: () => `${text}, which hangs`,
        apply: () => withPending(sent, { type: 'lease', container, lease, change }),
      });
  }

  #leased(state: State, change: ItemChange): State {
    const next = { ...state, ledger: applied(state.ledger, change) };
    const ledger = readLedger(next.ledger);
    const version = this.#size.versions[ledger?.plan ?? 0];
    const allowed = version === undefined ? Infinity : goalOf(version);
    if (ledger === undefined || ledger.used <= allowed) return next;
    return { ...next, wrong: `over: a lease leaves ${ledger.used} used, ${allowed} allowed` };
  }

  /** Somebody writes a change of the ledger at once, or later. */
  #hold(state: State, pending: Extract<Pending, { type: 'change' }>, text: string, moves: Move[]): void {
    if (conditionHolds(pending.change.condition, state.ledger))
      moves.push({
        label: () => `${text}: written`,
        apply: () => written(state, pending.change),
      });
    if (state.pending.length < this.#size.pending)
      moves.push({ label: () => `${text}: read, not yet written`, apply: () => withPending(state, pending) });
  }

  #log(state: State, moves: Move[]): void {
    const { records, copies, closes, epochs, versions } = this.#size;
    if (state.log.length >= records) return;
    state.tokens.forEach((token, index) => {
      if (token.copies >= copies) return;
      const tokens = state.tokens.with(index, { ...token, copies: token.copies + 1 });
      moves.push({
        label: () => `the impression of token ${index} is logged`,
        apply: () => logged({ ...state, tokens }, { type: 'seen', token: index }),
      });
    });
    const ledger = readLedger(state.ledger);
    if (ledger !== undefined && state.closes < closes)
      for (const through of epochs.filter((epoch) => epoch > ledger.closed)) {
        const { generation, closed } = ledger;
        moves.push({
          label: () => `RightsClosed through ${through} is logged`,
          apply: () =>
            logged(
              { ...state, closes: state.closes + 1 },
              { type: 'closed', generation, through, ledgerClosed: closed },
            ),
        });
      }
    const known = Math.max(...state.containers.map(({ version }) => version));
    versions.forEach(({ generation }, plan) => {
      const isNew = plan > 0 && generation !== versions[plan - 1]!.generation;
      if (!isNew || plan > known) return;
      if (state.log.some((record) => record.type === 'opened' && record.plan === plan)) return;
      moves.push({
        label: () => `RightsOpened ${generation} is logged`,
        apply: () => logged(state, { type: 'opened', generation, plan }),
      });
    });
  }

  #settle(state: State, moves: Move[]): void {
    for (let count = 1; count <= this.#size.batch && state.mark + count <= state.log.length; count++) {
      const write = this.#writeOf(state, count);
      if (write.statuses.length < count) break;
      const range = `records ${state.mark}..${state.mark + count - 1}`;
      moves.push({
        label: () => `${range}: ${write.statuses.join(', ')}`,
        apply: () => this.#settled(state, write) ?? { ...state, wrong: 'a fresh write is refused' },
      });
      if (state.pending.length < this.#size.pending)
        moves.push({
          label: () => `${range}: read by an invocation`,
          apply: () => withPending(state, { type: 'batch', write }),
        });
    }
    if (state.quarantined < (this.#size.quarantined ?? 0) && state.mark < state.log.length)
      moves.push({
        label: () => `record ${state.mark} is given up`,
        apply: () => {
          const counter = applyAction(
            moveMarks('counter', [markMove(state.mark, state.mark)], 0),
            state.counter,
          );
          const status = state.status.with(state.mark, 'quarantined');
          return { ...state, counter, status, mark: state.mark + 1, quarantined: state.quarantined + 1 };
        },
      });
    state.status.forEach((status, index) => {
      if (status !== 'quarantined') return;
      moves.push({
        label: () => `record ${index} is redriven`,
        apply: () => this.redriven(state, index),
      });
    });
  }

  /** One write for the first records that are not settled: of `count` of them, or fewer if they do not go together. */
  #writeOf(state: State, count: number): Write {
    const from = state.mark;
    const head = state.log[from]!;
    if (head.type !== 'seen') return this.#orderOf(state, from, head);
    const end = state.log.findIndex(({ type }, index) => index >= from && type !== 'seen');
    const last = Math.min(from + count, end < 0 ? state.log.length : end);
    const seen = state.log.slice(from, last) as Extract<LogRecord, { type: 'seen' }>[];
    const bodies = seen.map(({ token }, index) => ({
      ...{ sequenceNumber: numberOf(from + index), partitionKey: deliveryKey(ad, 'impression') },
      event: eventOf(state, token),
    }));
    const [group] = groupRecords(shard, bodies, ({ event }) => event);
    const known = new Set(
      seen.filter(({ token }) => state.claims & (1 << token)).map(({ token }) => claimOf(token)),
    );
    // A claim that is found makes duplicates after the fence has been looked at, too.
    const judged = toRepeats(this.#rights.judge(toRepeats(group!.records, known), state.counter), known);
    const chunk = firstChunk(judged) as CountChunk;
    const { counter, claims } = this.#rights.count(chunk);
    return {
      counter,
      claims: claims.map(tokenOf),
      from,
      statuses: judged.slice(0, chunk.size).map(statusOf),
    };
  }

  #orderOf(state: State, from: number, record: Exclude<LogRecord, { type: 'seen' }>): Write {
    const mark = moveMarks('counter', [markMove(from, from)], 0);
    const counted = readCountedRights(state.counter);
    const opened =
      record.type === 'opened' ? this.#rights.open(record, counted, readLedger(state.ledger)) : undefined;
    const change = record.type === 'closed' ? this.#rights.close(record, counted) : opened?.counter;
    return {
      counter: change === undefined ? mark : joined(mark, change),
      ledger: opened?.ledger && { type: 'put', key: ledgerKey, ...opened.ledger },
      claims: [],
      from,
      statuses: ['done'],
    };
  }

  /** undefined: a condition of the write is false. */
  #settled(state: State, write: Write): State | undefined {
    const { counter, ledger, claims, from, statuses } = write;
    if (!conditionHolds(counter.condition, state.counter)) return undefined;
    if (ledger !== undefined && !conditionHolds(ledger.condition, state.ledger)) return undefined;
    if (claims.some((token) => state.claims & (1 << token))) return undefined;
    const next: State = {
      ...state,
      counter: applyAction(counter, state.counter),
      ledger: ledger === undefined ? state.ledger : applyAction(ledger, state.ledger),
      claims: claims.reduce((bits, token) => bits | (1 << token), state.claims),
      status: state.status.map((known, index) => statuses[index - from] ?? known),
      mark: Math.max(state.mark, from + statuses.length),
    };
    const record = state.log[from]!;
    const isOpened = record.type === 'opened' && generationOf(next) !== generationOf(state);
    return isOpened ? this.#afterOpening(next) : next;
  }

  #afterOpening(state: State): State {
    const { total, generation } = readCountedRights(state.counter);
    const { versions } = this.#size;
    const own = versions.findIndex((version) => version.generation === generation);
    // The goals of the version that it was opened for, and of those that containers may know meanwhile.
    const goals = own < 0 ? [] : versions.slice(own, state.version + 1).map(goalOf);
    const before = own >= 0 && state.allowed === Infinity ? 0 : state.allowed;
    const allowed = generation % 2 === 0 ? Infinity : Math.max(before, total, ...goals);
    return { ...state, base: total, allowed };
  }

  /** As the redrive of the quarantine does it: outside the order of the log. */
  redriven(state: State, index: number): State {
    const record = state.log[index]!;
    if (record.type !== 'seen') {
      const { counter, ledger } = this.#orderOf(state, index, record);
      // Its mark has been passed.
      const action = { ...counter, condition: withoutMark(counter.condition) } as WriteAction;
      const done = { ...state, status: state.status.with(index, 'done') };
      if (!conditionHolds(action.condition, state.counter)) return done;
      const set = { ...(action as { set?: Attributes }).set };
      Reflect.deleteProperty(set, markName);
      const next = {
        ...done,
        counter: applyAction({ ...action, set } as WriteAction, state.counter),
        ledger: ledger === undefined ? state.ledger : applyAction(ledger, state.ledger),
      };
      return generationOf(next) === generationOf(state) ? next : this.#afterOpening(next);
    }
    const bit = 1 << record.token;
    for (const number of ['total', 'late', 'duplicate'] as const) {
      const actions = this.#rights.settle(eventOf(state, record.token), number);
      const [counter] = actions;
      const claims = actions.some(({ key }) => key.pk === incrementClaimKey(claimOf(record.token)).pk);
      if (!conditionHolds(counter!.condition, state.counter) || (claims && state.claims & bit)) continue;
      return {
        ...state,
        counter: applyAction({ ...counter!, key: counterKey }, state.counter),
        claims: claims ? state.claims | bit : state.claims,
        status: state.status.with(index, number === 'total' ? 'counted' : number),
      };
    }
    return { ...state, wrong: 'a redriven impression ends in no number' };
  }

  #ask(state: State, moves: Move[]): void {
    const counter = readCountedRights(state.counter);
    const ledger = readLedger(state.ledger);
    if (ledger === undefined || counter.closed === undefined) return;
    const change = this.#rights.back(counter, ledger);
    if (change !== undefined) this.#hold(state, { type: 'change', change }, 'rights come back', moves);
    if (state.pending.length < this.#size.pending)
      moves.push({
        label: () => 'somebody reads one item',
        apply: () =>
          withPending(state, { type: 'asker', read: this.#rights.readsLedgerFirst ? ledger : counter }),
      });
  }

  #finish(state: State, moves: Move[]): void {
    state.pending.forEach((pending, index) => {
      const rest = { ...state, pending: state.pending.toSpliced(index, 1) };
      moves.push({ label: () => `what was pending (${pending.type}) never happens`, apply: () => rest });
      switch (pending.type) {
        case 'lease': {
          if (!conditionHolds(pending.change.condition, state.ledger)) return;
          const made = this.#leased(rest, pending.change);
          const { version } = state.containers[pending.container]!;
          // A late answer: rights of a plan that is over by then are not spent.
          const isHeard = version === pending.lease.plan || this.#rights.spendsOfOldPlans === true;
          moves.push({
            label: () => `the hanging lease is made${isHeard ? '' : ', too late for its plan'}`,
            apply: () => (isHeard ? granted(made, pending.container, pending.lease) : made),
          });
          return;
        }
        case 'asker': {
          const { read } = pending;
          const ledger = 'used' in read ? read : readLedger(state.ledger);
          const counter = 'total' in read ? read : readCountedRights(state.counter);
          const change = ledger && this.#rights.back(counter, ledger);
          if (change === undefined) return;
          moves.push({
            label: () => 'that one reads the other item',
            apply: () => withPending(rest, { type: 'change', change }),
          });
          return;
        }
        case 'change':
          if (!conditionHolds(pending.change.condition, state.ledger)) return;
          moves.push({
            label: () => 'the pending change of the ledger is written',
            apply: () => written(rest, pending.change),
          });
          return;
        case 'batch': {
          const next = this.#settled(rest, pending.write);
          if (next === undefined) return;
          moves.push({
            label: () => `the pending batch is written: ${pending.write.statuses.join(', ')}`,
            apply: () => next,
          });
        }
      }
    });
  }

  #restore(state: State, moves: Move[]): void {
    const { restore, restores = 0, records } = this.#size;
    if (restore === undefined || state.restores >= restores) return;
    const { counter, claims, status, mark, ledger, log, backup } = state;
    if (backup === undefined) {
      const taken = { counter, claims, status, mark, ledger, log };
      moves.push({ label: () => 'a backup', apply: () => ({ ...state, backup: taken }) });
      return;
    }
    const done = { restores: state.restores + 1 };
    // Settlers of records begin again with the restored table.
    const pending = state.pending.filter(({ type }) => type !== 'batch');
    const isReopened = log.some((record) => record.type === 'opened' && record.plan === reopened);
    const counters = (): State => ({ ...state, ...restoredCounters(state, backup), ...done, pending });
    if (restore === 'counters' || (restore === 'both' && isReopened))
      moves.push({ label: () => 'the counters are restored', apply: counters });
    const generation = Math.max(generationOf(state), readLedger(ledger)?.generation ?? 0) + 2;
    const open: LogRecord = { type: 'opened', generation, plan: reopened };
    if (
      (restore === 'ledger' || restore === 'both') &&
      !isReopened &&
      log.length < records &&
      ledger !== undefined
    )
      moves.push({
        label: () => `the ledger is lost, RightsOpened ${generation} is logged`,
        apply: () =>
          logged(
            { ...state, ledger: undefined, ...(restore === 'ledger' && { restores: done.restores }) },
            open,
          ),
      });
    if (restore === 'careless')
      moves.push({
        label: () => 'the ledger is put back as it was',
        apply: () => ({ ...state, ledger: backup.ledger, ...done }),
      });
    if (restore === 'folder' && backup.log.length < records)
      moves.push({
        label: () => `the data folder is put back, RightsOpened ${generation} is logged`,
        apply: () => {
          const tokens = state.tokens.map((token, index) => ({
            ...token,
            copies: backup.log.filter((record) => record.type === 'seen' && record.token === index).length,
          }));
          const containers = state.containers.map((container) => ({ ...container, held: [] }));
          return logged({ ...state, ...backup, ...done, tokens, containers, pending: [] }, open);
        },
      });
  }

  /** A claim expires once no copy of its impression can arrive any more. */
  #expire(state: State, moves: Move[]): void {
    state.tokens.forEach((token, index) => {
      if ((state.claims & (1 << index)) === 0) return;
      const isEarly = this.#size.expiry === 'early';
      if (!isEarly && !isSpent(state, index)) return;
      moves.push({
        label: () => `the claim of token ${index} expires`,
        apply: () => ({
          ...state,
          claims: state.claims & ~(1 << index),
          tokens: isEarly ? state.tokens : state.tokens.with(index, { ...token, copies: Infinity }),
        }),
      });
    });
  }
}

/** The plan of a ledger that a restore has opened: of no version, so that it never stands in the way of one. */
export const reopened = -1;

/** No record of the token is left that is not settled, in the log or in a backup of its marks. */
function isSpent({ log, mark, status, backup }: State, token: number): boolean {
  return log.every(
    (record, index) =>
      record.type !== 'seen' ||
      record.token !== token ||
      (index < Math.min(mark, backup?.mark ?? Infinity) && status[index] !== 'quarantined'),
  );
}

function restoredCounters(state: State, backup: NonNullable<State['backup']>): Counted {
  const { counter, claims, status, mark } = backup;
  return { counter, claims, mark, status: state.log.map((_, index) => status[index] ?? 'none') };
}

function withContainer(state: State, index: number, container: Container): State {
  return { ...state, containers: state.containers.with(index, container) };
}

function withToken(state: State, { generation, epoch }: Pick<Token, 'generation' | 'epoch'>): State {
  return { ...state, tokens: [...state.tokens, { generation, epoch, copies: 0 }] };
}

function withPending(state: State, pending: Pending): State {
  return { ...state, pending: [...state.pending, pending] };
}

function logged(state: State, record: LogRecord): State {
  return { ...state, log: [...state.log, record], status: [...state.status, 'none'] };
}

/** After a change of the ledger that is not a lease. */
function written(state: State, change: ItemChange): State {
  const next = { ...state, ledger: applied(state.ledger, change) };
  const before = readLedger(state.ledger);
  const after = readLedger(next.ledger);
  if (before === undefined || after === undefined) return next;
  if (after.plan < before.plan) return { ...next, wrong: 'a plan moves back' };
  return after.closed < before.closed ? { ...next, wrong: 'the ledger opens epochs again' } : next;
}

function granted(state: State, index: number, { generation, epoch, rights }: Lease): State {
  const container = state.containers[index]!;
  const held = addHeld(container.held, { generation, epoch, rights });
  const next = withContainer(state, index, { ...container, held });
  const ledger = readLedger(state.ledger);
  if (generation !== ledger?.generation)
    return { ...next, wrong: 'rights are granted of another generation than the ledger has' };
  return epoch <= ledger.closed ? { ...next, wrong: 'rights of a closed epoch are granted' } : next;
}

function addHeld(held: readonly Held[], more: Held): readonly Held[] {
  const isSame = ({ generation, epoch }: Held): boolean =>
    generation === more.generation && epoch === more.epoch;
  const known = held.find(isSame)?.rights ?? 0;
  const rest = held.filter((one) => !isSame(one));
  if (known + more.rights === 0) return rest;
  return [...rest, { ...more, rights: known + more.rights }].sort(
    (a, b) => a.generation - b.generation || a.epoch - b.epoch,
  );
}

export function applied(item: Attributes | undefined, change: Omit<ItemChange, 'condition'>): Attributes {
  return applyAction({ type: 'update', key: ledgerKey, ...change }, item) as Attributes;
}

function joined(mark: ReturnType<typeof moveMarks>, change: ItemChange): WriteAction {
  const { condition, ...rest } = change;
  const of: Condition[] = [...(mark.condition === undefined ? [] : [mark.condition]), condition];
  return { ...mark, ...rest, set: { ...mark.set, ...change.set }, condition: { op: 'all', of } };
}

function withoutMark(condition: Condition | undefined): Condition | undefined {
  if (condition?.op !== 'all') return undefined;
  const [, change] = condition.of;
  return change;
}

function markMove(first: number, last: number) {
  return { attribute: markName, first: numberOf(first), last: numberOf(last) };
}

function numberOf(record: number): string {
  return String(record + 1);
}

const claimOf = (token: number): string => `t${token}`;
const tokenOf = (claim: string): number => Number(claim.slice(1));

function eventOf(state: State, token: number): Tracked {
  const { generation, epoch } = state.tokens[token]!;
  return { v: 1, type: 'Tracked', id: claimOf(token), ad, kind: 'impression', at: 0, generation, epoch };
}

function statusOf({ content }: CounterRecord): Status {
  if (content.type === 'Tracked') return 'counted';
  return content.type === 'uncounted' && content.as === 'late' ? 'late' : 'duplicate';
}

export function generationOf({ counter }: Pick<State, 'counter'>): number {
  return readCountedRights(counter).generation;
}
