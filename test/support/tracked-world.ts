import { encodeRights } from '../../lib/app/delivery/rights-codec.ts';
import { encodeTracked } from '../../lib/app/delivery/tracked-codec.ts';
import { deliveryKey, type DeliveryKind } from '../../lib/core/delivery/delivery-key.ts';
import type { RightsRecord } from '../../lib/core/delivery/goals/rights-record.ts';
import { uncountedNumbers, type Tracked } from '../../lib/core/delivery/tracked-event.ts';
import type { StateStore } from '../../lib/ports/state-store.ts';
import { counterItem, seriesSums, type Logged } from './counter-world.ts';
import { virtualStartMs } from './virtual-clock.ts';

/** An impression or a click as track-ads logs it. */
export interface LoggedTracked extends Logged {
  readonly event: undefined;
  readonly tracked: Tracked;
}

export function adId(n: number): string {
  return `01890a5d-ac96-774b-bcce-${n.toString(16).padStart(12, '0')}`;
}

let nextTracked = 0;

/** Each call is another decision, unless it names one: `id`. */
export function tracked(fields: Partial<Tracked> = {}): LoggedTracked {
  nextTracked += 1;
  const event: Tracked = {
    v: 1,
    type: 'Tracked',
    id: `d${nextTracked.toString(16).padStart(31, '0')}`,
    ad: adId(1),
    kind: 'impression',
    at: virtualStartMs,
    generation: 0,
    epoch: 7,
    ...fields,
  };
  return {
    partitionKey: deliveryKey(event.ad, event.kind),
    data: encodeTracked(event),
    event: undefined,
    tracked: event,
  };
}

/** An order about the rights of an ad, as decide-ads logs it. */
export interface LoggedOrder extends Logged {
  readonly event: undefined;
  readonly tracked: undefined;
  readonly order: RightsRecord;
}

export function rightsOpened(generation: number, ad = adId(1)): LoggedOrder {
  return orderOf({ v: 1, type: 'RightsOpened', ad, generation, plan: 3 });
}

/** Closes the epochs up to `through`. */
export function rightsClosed(generation: number, through: number, ledgerClosed = 0): LoggedOrder {
  return orderOf({ v: 1, type: 'RightsClosed', ad: adId(1), generation, through, ledgerClosed });
}

export function orderOf(order: RightsRecord): LoggedOrder {
  const partitionKey = deliveryKey(order.ad, 'impression');
  return { partitionKey, data: encodeRights(order), event: undefined, tracked: undefined, order };
}

/** The numbers of a counter that are not 0; an error if its series differ from what is counted. */
export async function numbersOf(
  state: StateStore,
  ad = adId(1),
  kind: DeliveryKind = 'impression',
): Promise<Record<string, bigint>> {
  const key = deliveryKey(ad, kind);
  const item = (await counterItem(state, key)) ?? {};
  for (const [level, sum] of Object.entries(await seriesSums(state, key))) {
    const total = String(item['total']);
    if (sum.toString() !== total) throw new Error(`the ${level} series sums to ${sum}, counted are ${total}`);
  }
  const numbers: Record<string, bigint> = {};
  for (const name of ['total', ...uncountedNumbers]) {
    const value = item[name];
    if (typeof value === 'bigint') numbers[name] = value;
  }
  return numbers;
}

/**
 * What the numbers of each counter must be when all of this is settled in its order: a plain loop over the records.
 * `fences`: by the index of a record, the generation that its counter has from then on, and the last closed epoch.
 */
export function expectedNumbers(
  logged: readonly { readonly partitionKey: string; readonly tracked: Tracked | undefined }[],
  fences: ReadonlyMap<number, CounterFence> = new Map(),
): Record<string, Record<string, bigint>> {
  const counters: Record<string, Record<string, bigint>> = {};
  const counted = new Set<string>();
  let fence: CounterFence = { generation: 0, closed: -1 };
  logged.forEach(({ partitionKey, tracked: event }, index) => {
    fence = fences.get(index) ?? fence;
    if (event === undefined) return;
    const numbers = (counters[partitionKey] ??= {});
    const name = numberOf(event, fence, counted);
    if (name === 'total') counted.add(event.id);
    numbers[name] = (numbers[name] ?? 0n) + 1n;
  });
  return counters;
}

interface CounterFence {
  readonly generation: number;
  readonly closed: number;
}

function numberOf(
  { invalid, kind, generation, epoch, id }: Tracked,
  ofCounter: CounterFence,
  counted: ReadonlySet<string>,
): string {
  if (invalid !== undefined) return `invalid_${invalid.replaceAll('-', '_')}`;
  if (kind === 'impression') {
    if (generation !== ofCounter.generation) return 'late';
    // Odd generations are those of a goal.
    if (generation % 2 === 1 && epoch <= ofCounter.closed) return 'late';
  }
  return counted.has(id) ? 'duplicate' : 'total';
}
