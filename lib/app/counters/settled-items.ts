import type { ConsistencyToken } from '../../core/consistency-token.ts';
import { parsePartitionKey } from '../../core/counters/counter-key.ts';
import { isSettled } from '../../core/counters/counter-record.ts';
import { markAttribute } from '../../core/log-position.ts';
import type { Attributes } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { poll } from '../retry.ts';
import { counterKey } from '../state-keys.ts';
import { logRetentionMs } from './counter-actions.ts';

/** How long a read waits for its tokens: the mark often moves within the mapping's window. */
const tokenWaitMs = 2000;

/**
 * The items of 1..100 distinct counters, by key, once the writes that the tokens name have been settled; waits up
 * to 2 s for that. undefined: they have not been. Ignores a token of a counter that is not requested. Rejects with
 * a StateStoreError.
 */
export async function readSettled(
  deps: Pick<Ports, 'state' | 'clock' | 'settings'>,
  keys: readonly string[],
  tokens: readonly ConsistencyToken[],
): Promise<ReadonlyMap<string, Attributes> | undefined> {
  const wanted = wantedMarks(deps, keys, tokens);
  return poll(deps.clock, tokenWaitMs, async () => {
    const found = await readItems(deps, keys);
    return wanted.every((mark) => isReached(mark, found)) ? found : undefined;
  });
}

interface WantedMark {
  readonly key: string;
  readonly attribute: string;
  readonly sequenceNumber: string;
}

/**
 * The marks that the tokens require of the items. A token older than twice the retention requires nothing:
 * its record has been settled or has left the log, and its mark may have been dropped (mark-hygiene.ts).
 */
function wantedMarks(
  { clock, settings }: Pick<Ports, 'clock' | 'settings'>,
  keys: readonly string[],
  tokens: readonly ConsistencyToken[],
): readonly WantedMark[] {
  const oldestMs = clock.nowMs() - 2 * logRetentionMs(settings);
  const wanted: WantedMark[] = [];
  for (const token of tokens) {
    if (token.type !== 'counter' || token.issuedAtMs < oldestMs) continue;
    const { counterKey: key, lane } = parsePartitionKey(token.partitionKey);
    if (!keys.includes(key)) continue;
    const { sequenceNumber } = token.position;
    wanted.push({ key, attribute: markAttribute(token.position, lane), sequenceNumber });
  }
  return wanted;
}

function isReached(
  { key, attribute, sequenceNumber }: WantedMark,
  items: ReadonlyMap<string, Attributes>,
): boolean {
  return isSettled(items.get(key)?.[attribute], sequenceNumber);
}

async function readItems(
  { state }: Pick<Ports, 'state'>,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Attributes>> {
  const found = await state.getMany(keys.map(counterKey));
  const items = new Map<string, Attributes>();
  found.forEach((item, i) => {
    if (item !== undefined) items.set(keys[i] as string, item);
  });
  return items;
}
