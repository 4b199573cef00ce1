import type { BlobStore } from '../../ports/blob-store.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { ExpirySchedule } from '../../ports/expiry-schedule.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { SpanAttributes, Spans } from '../../ports/spans.ts';
import { StateStoreError, type StateStore } from '../../ports/state-store.ts';

/** Ports as they are, with a span `<port> <method>` around each call. */
export const traced = {
  eventLog: (log: EventLog, spans: Spans): EventLog =>
    withSpans(log, log.stream, spans, {
      append: ([entries], results) => ({
        records: entries.length,
        failed: results.some(({ status }) => status !== 'appended'),
      }),
    }),
  /** A condition that does not hold is an answer and no failure. */
  stateStore: (state: StateStore, spans: Spans): StateStore =>
    withSpans(state, 'state', spans, {
      get: ([{ table }], item) => ({ table, found: item !== undefined }),
      getMany: ([keys]) => ({ items: keys.length }),
      query: ([{ table }], { items }) => ({ table, items: items.length }),
      write: ([{ key }], { status }) => ({ table: key.table, status }),
      writeEach: ([actions], results) => ({ items: actions.length, failed: results.some(isFailure) }),
      transact: ([actions], { status }) => ({ actions: actions.length, status }),
      transactEach: ([all], results) => ({ transactions: all.length, failed: results.some(isFailure) }),
    }),
  schedule: (schedule: ExpirySchedule, spans: Spans): ExpirySchedule =>
    withSpans(schedule, 'schedule', spans, { set: () => ({}), clear: () => ({}) }),
  /** A record in the quarantine is a failure: that of the record. */
  quarantine: (quarantine: Quarantine, spans: Spans): Quarantine =>
    withSpans(quarantine, 'quarantine', spans, { store: ([{ reason }]) => ({ reason, failed: true }) }),
};

/** Beside the others, so that it is in the bundles of its functions alone. */
export const tracedBlobs = (blobs: BlobStore, spans: Spans): BlobStore =>
  withSpans(blobs, 'blobs', spans, {
    put: ([, bytes]) => ({ bytes: bytes.byteLength }),
    get: (_, bytes) => ({ found: bytes !== undefined }),
    remove: () => ({}),
  });

const isFailure = (result: unknown): boolean => result instanceof StateStoreError;

/** Attributes of a call and its result. */
type Look<Method> = Method extends (...args: infer Args) => Promise<infer Result>
  ? (args: Args, result: Result) => SpanAttributes
  : never;
type Looks<Port> = { readonly [Name in keyof Port]?: Look<Port[Name]> };

function withSpans<Port extends object>(port: Port, name: string, spans: Spans, looks: Looks<Port>): Port {
  return new Proxy(port, {
    get(_, key) {
      const member: unknown = Reflect.get(port, key);
      if (typeof member !== 'function') return member;
      const method = member.bind(port) as (...args: unknown[]) => Promise<unknown>;
      const look = looks[key as keyof Port] as
        ((args: unknown[], result: unknown) => SpanAttributes) | undefined;
      if (look === undefined) return method;
      return (...args: unknown[]) =>
        spans.around(
          `${name} ${String(key)}`,
          () => method(...args),
          (result) => look(args, result),
        );
    },
  });
}
