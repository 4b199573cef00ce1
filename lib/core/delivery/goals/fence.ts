import { firstGeneration, needsGeneration, type Tracked } from '../tracked-event.ts';
import {
  absentOr,
  all,
  compare,
  numberAt,
  type ItemCondition,
  type StoredAttributes,
} from './item-change.ts';

/**
 * Generations with a goal are odd, those without one are even. Only a decision of an odd one has a right, so only its
 * epoch matters.
 */
export function hasRights(generation: number): boolean {
  return generation % 2 === 1;
}

/** What makes impressions late, in the item of their counter. */
export interface FencedCounter {
  readonly generation: number;
  /** undefined: no epoch is closed. */
  readonly closed: number | undefined;
}

export function readFence(item: StoredAttributes | undefined): FencedCounter {
  return { generation: numberAt(item, 'generation') ?? firstGeneration, closed: numberAt(item, 'closed') };
}

type Fenced = Pick<Tracked, 'kind' | 'invalid' | 'generation' | 'epoch'>;

/** Whether an event comes behind the end of its generation or the close of its epoch, in the order of the log. */
export function isLate(event: Fenced, { generation, closed = -1 }: FencedCounter): boolean {
  if (!needsGeneration(event)) return false;
  return event.generation !== generation || (hasRights(generation) && event.epoch <= closed);
}

/** What must hold of a counter so that impressions of one generation are in time or late, as they were taken to be. */
export interface Fence {
  readonly generation: number;
  /** The first epoch of those in time; Infinity: their epochs do not matter. undefined: none is in time. */
  readonly inTimeFrom: number | undefined;
  /** The last epoch of those that are late; Infinity: only another generation makes them late. undefined: none is. */
  readonly lateThrough: number | undefined;
}

/** undefined: the event counts whatever its counter has. */
export function fenceOf(event: Fenced, late: boolean): Fence | undefined {
  if (!needsGeneration(event)) return undefined;
  const { generation } = event;
  const epoch = hasRights(generation) ? event.epoch : Infinity;
  return late
    ? { generation, inTimeFrom: undefined, lateThrough: epoch }
    : { generation, inTimeFrom: epoch, lateThrough: undefined };
}

/** What must hold for the impressions of both; undefined: they do not go into one write. */
export function joinFences(a: Fence, b: Fence): Fence | undefined {
  if (a.generation !== b.generation) return undefined;
  const inTimeFrom = ofEither(Math.min, a.inTimeFrom, b.inTimeFrom);
  const lateThrough = ofEither(Math.max, a.lateThrough, b.lateThrough);
  if (inTimeFrom !== undefined && lateThrough !== undefined && lateThrough >= inTimeFrom) return undefined;
  return { generation: a.generation, inTimeFrom, lateThrough };
}

function ofEither(
  choose: (a: number, b: number) => number,
  a: number | undefined,
  b: number | undefined,
): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return choose(a, b);
}

export function fenceHolds({ generation, inTimeFrom, lateThrough }: Fence, counter: FencedCounter): boolean {
  const isSame = counter.generation === generation;
  const closed = counter.closed ?? -1;
  if (inTimeFrom === undefined) return !isSame || closed >= (lateThrough ?? Infinity);
  return isSame && closed < inTimeFrom && closed >= (lateThrough ?? -1);
}

/** The same as a condition of the write. */
export function fenceCondition({ generation, inTimeFrom, lateThrough = Infinity }: Fence): ItemCondition {
  const isClosed = lateThrough === Infinity ? [] : [compare('closed', '>=', lateThrough)];
  if (inTimeFrom === undefined) return { op: 'any', of: [...isAnother(generation), ...isClosed] };
  const isSame = (generation === firstGeneration ? absentOr : compare)('generation', '=', generation);
  const isOpen = inTimeFrom === Infinity ? [] : [absentOr('closed', '<', inTimeFrom)];
  return isOpen.length + isClosed.length === 0 ? isSame : all(isSame, ...isOpen, ...isClosed);
}

/** An item without the attribute has the first generation. */
function isAnother(generation: number): readonly ItemCondition[] {
  const isOther = [compare('generation', '<', generation), compare('generation', '>', generation)];
  return generation === firstGeneration ? isOther : [{ op: 'absent', attribute: 'generation' }, ...isOther];
}
