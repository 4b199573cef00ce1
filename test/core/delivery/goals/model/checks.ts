import { openEpochsMax } from '../../../../../lib/core/delivery/epoch.ts';
import { readCountedRights, readLedger } from './read-once.ts';
import type { Rights } from './rights.ts';
import { applied, type Size, type State } from './world.ts';

/** What is wrong with a state by itself; empty: nothing. */
export function faultOf(state: State, size: Size): string {
  if (state.wrong !== '') return state.wrong;
  const counter = readCountedRights(state.counter);
  if (counter.total > state.allowed) return `over: ${counter.total} counted, ${state.allowed} allowed`;
  const seen = countedTokens(state);
  if (counter.total !== seen.length)
    return `the total is ${counter.total}, counted are ${seen.length} records`;
  if (new Set(seen).size < seen.length) return 'a decision is counted twice';
  const daily = size.versions[0]?.goal?.daily;
  if (daily !== undefined) {
    const days = Map.groupBy(seen, (token) => dayOf(state.tokens[token]!.epoch));
    for (const [day, tokens] of days)
      if (tokens.length > daily) return `over: ${tokens.length} counted of day ${day}, ${daily} allowed`;
  }
  return lateFault(state, size) ?? ledgerFault(state) ?? '';
}

/** An order of events that anybody can follow: what each record of the log must end as, by the log alone. */
function lateFault({ log, status, tokens, restores, quarantined }: State, size: Size): string | undefined {
  // What is restored is settled twice, and what is redriven not in order.
  if (restores > 0 || quarantined > 0) return undefined;
  let generation = size.versions[0]!.goal === undefined ? 0 : 1;
  let closed = -1;
  for (const [index, record] of log.entries()) {
    if (record.type === 'opened') generation = Math.max(generation, record.generation);
    if (record.type === 'closed' && record.generation === generation && hasRights(generation))
      closed = Math.max(closed, record.through);
    if (record.type !== 'seen') continue;
    const token = tokens[record.token]!;
    const late = token.generation !== generation || (hasRights(generation) && token.epoch <= closed);
    const known = status[index]!;
    if (known !== 'none' && (known === 'late') !== late) return `record ${index} is ${known}, late: ${late}`;
  }
  return undefined;
}

function ledgerFault(state: State): string | undefined {
  const ledger = readLedger(state.ledger);
  const counter = readCountedRights(state.counter);
  if (ledger === undefined || ledger.generation !== counter.generation || ledger.generation % 2 === 0)
    return undefined;
  if (counter.total > ledger.used) return `${counter.total} counted, ${ledger.used} used`;
  for (const [epoch, leased] of ledger.leased) {
    const counted = counter.counted.get(epoch) ?? 0;
    if (counted > leased && epoch > ledger.closed)
      return `of epoch ${epoch}: ${counted} counted, ${leased} leased`;
  }
  const epochs = [...ledger.leased.keys()].filter((epoch) => epoch > ledger.closed);
  if (Math.max(...epochs) - Math.min(...epochs) >= openEpochsMax * 4) return 'open epochs are too far apart';
  const alarm = ledger.over === 0 ? undefined : withoutRight(ledger.over);
  if (state.restores > 0) return alarm;
  // The first line of the proof, from the records and not from what was added up.
  const settled = countedTokens(state).filter((token) => {
    const { generation, epoch } = state.tokens[token]!;
    return generation === ledger.generation && epoch <= ledger.closed;
  });
  const open = [...ledger.leased.values()].reduce((sum, rights) => sum + rights, 0);
  const expected = state.base + settled.length + open;
  return ledger.used === expected ? alarm : `${ledger.used} used, by its epochs ${expected}`;
}

/** The alarm that operators get. */
function withoutRight(over: number): string {
  return `${over} counted without a right`;
}

/** The tokens of the records that are counted, in the order of the log. */
function countedTokens({ log, status }: State): number[] {
  return log.flatMap((record, index) =>
    record.type === 'seen' && status[index] === 'counted' ? [record.token] : [],
  );
}

/** Only a goal has rights, so without one there is nothing to close. */
function hasRights(generation: number): boolean {
  return generation % 2 === 1;
}

/** Two bits of an epoch's number say which local day its minute is in. */
export function dayOf(epoch: number): number {
  const utcDay = Math.floor(epoch / 4 / 1440);
  return [utcDay - 1, utcDay, utcDay + 1].find((day) => (((day - epoch) % 4) + 4) % 4 === 0) ?? NaN;
}

/**
 * Whether all rights are counted or back once nothing is in flight and every epoch is closed; empty: they are, or
 * something is still in flight.
 */
export function restFault(state: State, size: Size, rights: Rights): string {
  const isQuiet =
    state.mark === state.log.length && state.pending.length === 0 && !state.status.includes('quarantined');
  if (!isQuiet) return '';
  if (state.status.includes('none')) return 'a record is in no number';
  const ledger = readLedger(state.ledger);
  if (ledger === undefined || ledger.generation !== readCountedRights(state.counter).generation) return '';
  if (ledger.generation % 2 === 0) return '';
  const through = Math.max(...size.epochs);
  const { generation, closed } = ledger;
  const change = rights.close(
    { generation, through, ledgerClosed: closed },
    readCountedRights(state.counter),
  );
  const counter = change === undefined ? state.counter : applied(state.counter, change);
  const back = rights.back(readCountedRights(counter), ledger);
  const atRest = readLedger(back === undefined ? state.ledger : applied(state.ledger, back))!;
  const total = readCountedRights(counter).total;
  if (atRest.used !== total) return `a right is lost: at rest ${atRest.used} used, ${total} counted`;
  if (atRest.over > 0) return withoutRight(atRest.over);
  for (const [day, used] of atRest.days) {
    const counted = readCountedRights(counter).days.get(day) ?? 0;
    if (used !== counted) return `a right of day ${day} is lost: at rest ${used} used, ${counted} counted`;
  }
  return '';
}

/** One line for the whole state: two states with the same line have the same future. */
export function keyOf(state: State): string {
  const { ledger, counter, claims, status, mark, version, spreading, containers, tokens, log, pending } =
    state;
  const parts = [itemKey(ledger), itemKey(counter), claims, mark, version, spreading ? 1 : 0];
  parts.push(
    state.leases,
    state.closes,
    state.quarantined,
    state.restores,
    state.allowed,
    state.base,
    state.wrong,
  );
  for (const { version: known, held } of containers) {
    parts.push('C', known);
    for (const { generation, epoch, rights } of held) parts.push(generation, epoch, rights);
  }
  for (const { generation, epoch, copies } of tokens) parts.push('T', generation, epoch, copies);
  log.forEach((record, index) => {
    parts.push(objectKey(record), status[index]!);
  });
  for (const one of pending) parts.push(objectKey(one));
  if (state.backup !== undefined) {
    const { log: known, ledger: item, ...counted } = state.backup;
    parts.push('B', known.length, itemKey(item), itemKey(counted.counter), counted.claims, counted.mark);
    parts.push(counted.status.join());
  }
  return parts.join(' ');
}

const itemKeys = new WeakMap<object, string>();

/** Without what no decision depends on. */
function itemKey(item: Readonly<Record<string, unknown>> | undefined): string {
  if (item === undefined) return '-';
  let key = itemKeys.get(item);
  if (key === undefined) {
    const names = Object.keys(item).filter((name) => !['updated_at', 't0', 'u0', 't1', 'u1'].includes(name));
    key = names
      .sort()
      .map((name) => `${name}=${String(item[name])}`)
      .join();
    itemKeys.set(item, key);
  }
  return key;
}

const objectKeys = new WeakMap<object, string>();

function objectKey(object: object): string {
  let key = objectKeys.get(object);
  if (key === undefined) {
    key = JSON.stringify(object, (_, value: unknown) => {
      if (typeof value === 'bigint') return String(value);
      return value instanceof Map ? [...(value as Map<unknown, unknown>)] : value;
    });
    objectKeys.set(object, key);
  }
  return key;
}
