import { bytesPerRequestMax, entriesPerRequestMax } from '../api-limits.ts';
import { AdtallyError } from '../errors.ts';
import { faultyEntries, type EntryError } from '../faulty-entries.ts';
import type { BulkOptions, BulkResult } from './bulk-types.ts';

/** How the items of a list become requests, and what their answers say. */
export interface BulkPlan<Item, Answer extends { readonly result: string }> {
  /** The member of the body that has the items. */
  readonly list: string;
  /** Two items with one name go in two requests, one after the other; undefined: it has none. */
  nameOf(item: Item): unknown;
  /**
   * Sends one request; answer i belongs to item i. Rejects with an AdtallyError. `place` is the same for the
   * same items in the same list.
   */
  send(items: readonly Item[], place: string): Promise<readonly Omit<Answer, 'index'>[]>;
  refused(item: Item, errors: readonly EntryError[]): Omit<Answer, 'index'>;
  failed(item: Item, error: AdtallyError): Omit<Answer, 'index'>;
}

interface Entry<Item> {
  readonly index: number;
  readonly item: Item;
}

/**
 * Sends a list of any length in requests of at most 500 items and 256 KiB, one after the other. An invalid
 * item is refused by itself. Stops at the first request that fails. Keeps an answer for each item in memory.
 */
export async function sendAll<Item, Answer extends { readonly index: number; readonly result: string }>(
  source: Iterable<Item> | AsyncIterable<Item>,
  plan: BulkPlan<Item, Answer>,
  { onProgress }: Pick<BulkOptions, 'onProgress'>,
): Promise<BulkResult<Answer>> {
  const items: Answer[] = [];
  const counts: Record<string, number> = {};
  const note = (index: number, answer: Omit<Answer, 'index'>): void => {
    const { result } = answer as { readonly result: string };
    items.push({ index, ...answer } as Answer);
    counts[result] = (counts[result] ?? 0) + 1;
  };
  let requests = 0;
  let error: AdtallyError | undefined;
  for await (const entries of pieces(source, plan)) {
    requests += 1;
    error = await sendPiece(entries, plan, { note, request: requests });
    onProgress?.({ done: items.length, counts: { ...counts } });
    if (error !== undefined) break;
  }
  items.sort((a, b) => a.index - b.index);
  return { items, counts, error };
}

/** Sends the items of a request, again without those that the API names as invalid. */
async function sendPiece<Item, Answer extends { readonly result: string }>(
  entries: readonly Entry<Item>[],
  plan: BulkPlan<Item, Answer>,
  { note, request }: { note: (index: number, answer: Omit<Answer, 'index'>) => void; request: number },
): Promise<AdtallyError | undefined> {
  const isTooLong = ({ item }: Entry<Item>): boolean => jsonBytes(item) > bytesPerItemMax;
  for (const { index, item } of entries.filter(isTooLong)) note(index, plan.refused(item, tooLong));
  let left = entries.filter((entry) => !isTooLong(entry));
  // Each round but the last removes an item, so there are at most as many rounds as items.
  for (let round = 0; left.length > 0; round += 1) {
    try {
      const answers = await plan.send(
        left.map(({ item }) => item),
        `${request}/${round}`,
      );
      left.forEach(({ index }, i) => {
        note(index, answers[i] as Omit<Answer, 'index'>);
      });
      return undefined;
    } catch (error) {
      if (!(error instanceof AdtallyError)) throw error;
      const faulty = faultyEntries(error, plan.list, left.length);
      if (faulty.size === 0) {
        for (const { index, item } of left) note(index, plan.failed(item, error));
        return error;
      }
      left.forEach(({ index, item }, i) => {
        const errors = faulty.get(i);
        if (errors !== undefined) note(index, plan.refused(item, errors));
      });
      left = left.filter((_entry, i) => !faulty.has(i));
    }
  }
  return undefined;
}

/** The items of each request. The same list is always cut in the same way. */
async function* pieces<Item>(
  source: Iterable<Item> | AsyncIterable<Item>,
  { nameOf }: Pick<BulkPlan<Item, { result: string }>, 'nameOf'>,
): AsyncGenerator<readonly Entry<Item>[]> {
  let entries: Entry<Item>[] = [];
  let names = new Set<unknown>();
  let bytes = 0;
  let index = 0;
  for await (const item of source) {
    const added = Math.min(jsonBytes(item), bytesPerItemMax);
    const name = nameOf(item);
    const isFull = entries.length >= entriesPerRequestMax || bytes + added > bytesPerItemMax;
    if (isFull || names.has(name)) {
      yield entries;
      [entries, names, bytes] = [[], new Set(), 0];
    }
    entries.push({ index, item });
    if (name !== undefined) names.add(name);
    bytes += added + 1;
    index += 1;
  }
  if (entries.length > 0) yield entries;
}

/** `{"increments":[]}` is the longest frame. */
const bytesPerItemMax = bytesPerRequestMax - 18;
const tooLong: readonly EntryError[] = [
  { path: '', message: `must have at most ${bytesPerItemMax} bytes as JSON` },
];

const encoder = new TextEncoder();

/** 0: JSON cannot say it, and the client refuses it when it is sent. */
function jsonBytes(item: unknown): number {
  try {
    return encoder.encode(JSON.stringify(item)).length;
  } catch {
    return 0;
  }
}
