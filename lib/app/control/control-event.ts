import * as z from 'zod';
import { adEventVersions, upcast } from '../../core/event-format.ts';
import { adEventsPartitionKey } from '../../core/streams.ts';
import type { LogEntry } from '../../ports/event-log.ts';
import { controlText } from './control-content.ts';
import type { ControlChange } from './control-item.ts';

/**
 * The record of ad-events that says who changed what when: `by`, `at`, and the whole `content` that held from
 * then on. It changes no ad and makes no version of the catalog. It may be in the log more than once; copies
 * have one `id`.
 */
export function controlEntry(change: ControlChange): LogEntry {
  const { version, changeId, by, atMs, content, restores } = change;
  const event = {
    ...{ v: 1, type: 'ControlChanged', id: changeId, version, by, at: atMs },
    content: JSON.parse(controlText(content)) as unknown,
    ...(restores !== undefined && { restores }),
  };
  return { partitionKey: adEventsPartitionKey, data: new TextEncoder().encode(JSON.stringify(event)) };
}

/** Only what makes it such an event: a later version of the code may know other contents. */
const eventSchema = z.object({
  v: z.literal(1),
  type: z.literal('ControlChanged'),
  id: z.string().regex(/^[0-9a-f]{32}$/),
  version: z.int().min(1),
  by: z.string(),
  at: z.int().min(0),
  content: z.record(z.string(), z.unknown()),
});

const decoder = new TextDecoder('utf-8', { fatal: true });

export function isControlEvent(data: Uint8Array): boolean {
  try {
    const raised = upcast(JSON.parse(decoder.decode(data)), adEventVersions);
    return raised.status === 'newest' && eventSchema.safeParse(raised.value).success;
  } catch {
    // Both decoders throw only for bytes that are not UTF-8 or text that is not JSON.
    return false;
  }
}
