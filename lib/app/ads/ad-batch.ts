import type { AdEvent } from '../../core/ads/ad-event.ts';
import { toMark } from '../../core/sequence-number.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import { readItemsMax } from '../../ports/state-store.ts';
import { isControlEvent } from '../control/control-event.ts';
import type { Ports } from '../ports.ts';
import { outcomeKey } from '../state-keys.ts';
import { decodeAdEvent } from './ad-event-codec.ts';

/** A record on its way through the projector. */
export interface PendingRecord {
  readonly record: LogRecord;
  /** Its sequence number, encoded as a mark. */
  readonly mark: string;
  readonly content:
    | { readonly type: 'event'; readonly event: AdEvent }
    /** Says what an operator changed; settled by its mark alone. */
    | { readonly type: 'control' }
    | { readonly type: 'undecodable'; readonly reason: string };
}

/** The records in the order of their numbers, each once. `givenUp`: the reason to give them up unread. */
export function readRecords(records: readonly LogRecord[], givenUp: string | undefined): PendingRecord[] {
  const pending = records.map((record): PendingRecord => {
    const mark = toMark(record.sequenceNumber);
    if (givenUp !== undefined) return { record, mark, content: { type: 'undecodable', reason: givenUp } };
    const decoded = decodeAdEvent(record.data);
    if (decoded.status === 'ok') return { record, mark, content: { type: 'event', event: decoded.event } };
    if (isControlEvent(record.data)) return { record, mark, content: { type: 'control' } };
    return { record, mark, content: { type: 'undecodable', reason: decoded.reason } };
  });
  // They are delivered in order. They are still sorted, because the mark would skip a record that came late.
  pending.sort((a, b) => (a.mark < b.mark ? -1 : a.mark > b.mark ? 1 : 0));
  return pending.filter(({ mark }, index) => index === 0 || mark !== pending[index - 1]?.mark);
}

/** The ids of the events that have been decided before, at any position. Rejects with a StateStoreError. */
export async function readSettledEvents(
  { state }: Pick<Ports, 'state'>,
  pending: readonly PendingRecord[],
): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const { content } of pending) if (content.type === 'event') ids.add(content.event.id);
  const slices: string[][] = [];
  const all = [...ids];
  for (let start = 0; start < all.length; start += readItemsMax) {
    slices.push(all.slice(start, start + readItemsMax));
  }
  const settled = new Set<string>();
  // A batch has at most 10,000 records, so at most 100 slices; one after the other, to spare the store.
  for (const slice of slices) {
    const items = await state.getMany(slice.map(outcomeKey));
    slice.forEach((id, index) => {
      if (items[index] !== undefined) settled.add(id);
    });
  }
  return settled;
}
