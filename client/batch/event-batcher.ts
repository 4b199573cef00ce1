import { invalidInput } from '../build-request.ts';
import type { Client } from '../create-client.ts';
import { platformDeps, type ClientDeps } from '../deps.ts';
import { AdtallyError } from '../errors.ts';
import type { DecidedAd, EventsInput } from '../generated/schemas.ts';

type Event = EventsInput['events'][number];

/** The `decision` of an ad in the answer of `decide`, or what an app kept of it. */
type Decision = Pick<DecidedAd['decision'], 'token'>;

/** Reports impressions and clicks of decisions in batches. The API counts each once, however often it is sent. */
export interface EventBatcher {
  /**
   * Queues an impression: call it when the ad is seen, within the decision's `expires_at`. Not for decisions with
   * `count: served`, which are counted already. Throws an AdtallyError `invalid-input` if the decision has no token,
   * and `closed` after `close()`.
   */
  trackImpression(decision: Decision): void;
  /**
   * The same for a click, within 24 hours of the decision. Not for a link to `click_url`, which reports the click
   * itself.
   */
  trackClick(decision: Decision): void;
  /** Sends all queued events; resolves when each is accepted or reported to `onFailed`. */
  flush(): Promise<void>;
  /**
   * Takes no more events and sends the queued ones. After `timeoutMs` (default 10,000) it reports the rest as failed.
   */
  close(timeoutMs?: number): Promise<void>;
  /** For a page that closes (`flushOnPageHide`): sends the queue at once. It continues if the page returns. */
  sendBeforeUnload(): void;
  facts(): EventBatcherFacts;
}

/** tracked = accepted + failed + queued; an event that is tracked again before it is settled is one. */
export interface EventBatcherFacts {
  readonly tracked: number;
  readonly accepted: number;
  readonly failed: number;
  /** Those that are being sent included. */
  readonly queued: number;
}

/** Events that were not accepted. */
export interface FailedEvents {
  readonly events: readonly Event[];
  /**
   * Why. With the code `expired` the events came too late, with `invalid` their tokens are not of this stage, with
   * `queue-full` too many events waited. Events with a `retryable` error may be tracked again, and count once.
   */
  readonly error: AdtallyError;
}

export interface EventBatcherOptions {
  /** Called once for each event that is not accepted. */
  readonly onFailed: (failed: FailedEvents) => void;
  /** The longest time that an event waits before it is sent, milliseconds; default 1000. */
  readonly flushEveryMs?: number;
  /** Events that are not yet settled; default 10,000. One more fails with `queue-full`. */
  readonly queueMax?: number;
  /** How long an event is tried before it is reported as failed, milliseconds; default 600,000. */
  readonly patienceMs?: number;
  readonly deps?: Partial<Pick<ClientDeps, 'clock' | 'random'>>;
}

/** Less than the 64 KiB that browsers send for a page that closes: a token has up to 200 characters. */
const eventsPerRequestMax = 250;
const closeWithinMs = 10_000;
/** After a call that failed with all its retries, milliseconds. */
const pauseMsMax = 10_000;
const tokenForm = /^[\w-]{1,200}$/;

/** An event until it is accepted or has failed. */
interface Entry {
  readonly event: Event;
  readonly sinceMs: number;
  readonly listeners: (() => void)[];
}

/** Collects events in bounded memory and sends them in batches, one at a time. Keep one per client. */
export function createEventBatcher(
  client: Pick<Client, 'trackEvents'>,
  options: EventBatcherOptions,
): EventBatcher {
  const { onFailed, flushEveryMs = 1000, queueMax = 10_000, patienceMs = 600_000, deps } = options;
  const { clock, random } = { ...platformDeps, ...deps };
  const abort = new AbortController();
  /** All that are not settled. */
  const entries = new Map<string, Entry>();
  let queue: Entry[] = [];
  let inFlight = 0;
  let isClosed = false;
  let resumeMs = 0;
  let cancelTimer: (() => void) | undefined;
  const counts = { tracked: 0, accepted: 0, failed: 0 };

  function track({ token }: Decision, type: Event['type']): void {
    // The API would refuse the whole batch.
    if (!tokenForm.test(token)) throw invalidInput(`"${token}" is not the token of a decision`);
    if (isClosed) throw failure('closed', 'the batcher is closed');
    if (entries.has(keyOf({ token, type }))) return;
    counts.tracked += 1;
    const entry = { event: { token, type }, sinceMs: clock.monotonicMs(), listeners: [] };
    if (entries.size >= queueMax) {
      fail([entry], failure('queue-full', 'too many events wait'));
      return;
    }
    entries.set(keyOf(entry.event), entry);
    queue.push(entry);
    if (queue.length >= eventsPerRequestMax) pump();
    else wake(flushEveryMs);
  }

  /** Sends after this time, unless a timer runs already. */
  function wake(afterMs: number): void {
    cancelTimer ??= clock.after(afterMs, () => {
      pump();
    });
  }

  function pump(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    const waitMs = resumeMs - clock.monotonicMs();
    if (inFlight > 0 || queue.length === 0) return;
    if (waitMs > 0) wake(waitMs);
    else void send();
  }

  async function send(): Promise<void> {
    const batch = queue.splice(0, eventsPerRequestMax);
    inFlight += 1;
    const { failures, again } = await outcomeOf(batch);
    inFlight -= 1;
    queue = [...again, ...queue];
    if (again.length > 0 && !isClosed) resumeMs = clock.monotonicMs() + random() * pauseMsMax;
    pump();
    for (const { of, error } of failures) fail(of, error);
  }

  /** Settles what was accepted. `again`: to send once more. */
  async function outcomeOf(batch: readonly Entry[]): Promise<{
    readonly failures: readonly { readonly of: readonly Entry[]; readonly error: AdtallyError }[];
    readonly again: readonly Entry[];
  }> {
    const oldestMs = clock.monotonicMs() - patienceMs;
    const isOver = ({ sinceMs }: Entry): boolean => abort.signal.aborted || sinceMs < oldestMs;
    const retried = (left: readonly Entry[], error: AdtallyError) => ({
      failures: [{ of: left.filter(isOver), error }],
      again: left.filter((entry) => !isOver(entry)),
    });
    try {
      const input = { body: { events: batch.map(({ event }) => event) } };
      const { body } = await client.trackEvents(input, { keepalive: true, signal: abort.signal });
      const at = (list: readonly { readonly index: number }[] = []): readonly Entry[] =>
        list.flatMap(({ index }) => batch[index] ?? []);
      const refused = (why: keyof typeof messages) => ({
        of: at(body.rejected.filter(({ reason }) => reason === why)),
        error: failure(why, messages[why]),
      });
      const left = at(body.failed);
      const undecided = new Set([...left, ...at(body.rejected)]);
      for (const entry of batch) if (!undecided.has(entry)) settle(entry, 'accepted');
      const { failures, again } = retried(left, failure('partly-accepted', 'the event was not logged'));
      return { failures: [refused('expired'), refused('invalid'), ...failures], again };
    } catch (cause) {
      // Another error is one of the caller's own parts, such as a token function that throws.
      const error = cause instanceof AdtallyError ? cause : failure('no-answer', 'the call failed', cause);
      return error.retryable ? retried(batch, error) : { failures: [{ of: batch, error }], again: [] };
    }
  }

  function fail(failed: readonly Entry[], error: AdtallyError): void {
    if (failed.length === 0) return;
    for (const entry of failed) settle(entry, 'failed');
    onFailed({ events: failed.map(({ event }) => event), error });
  }

  function settle(entry: Entry, as: 'accepted' | 'failed'): void {
    counts[as] += 1;
    if (entries.get(keyOf(entry.event)) === entry) entries.delete(keyOf(entry.event));
    for (const listener of entry.listeners) listener();
  }

  async function flush(): Promise<void> {
    const settled = Array.from(
      entries.values(),
      ({ listeners }) => new Promise<void>((resolve) => listeners.push(resolve)),
    );
    pump();
    await Promise.all(settled);
  }

  async function close(timeoutMs = closeWithinMs): Promise<void> {
    isClosed = true;
    resumeMs = 0;
    const cancel = clock.after(timeoutMs, () => {
      abort.abort(new Error('the batcher was closed'));
      fail(queue.splice(0), failure('closed', 'the batcher was closed before the event was sent'));
    });
    await flush();
    cancel();
  }

  return {
    trackImpression: (decision) => {
      track(decision, 'impression');
    },
    trackClick: (decision) => {
      track(decision, 'click');
    },
    flush,
    close,
    sendBeforeUnload: () => {
      while (queue.length > 0) void send();
    },
    facts: () => ({ ...counts, queued: entries.size }),
  };
}

function keyOf({ type, token }: Event): string {
  return `${type} ${token}`;
}

const messages = {
  expired: 'the decision is too old for this event',
  invalid: 'the token is not of a decision of this stage',
} as const;

/** An event may always be sent again: it counts once. */
function failure(code: string, message: string, cause?: unknown): AdtallyError {
  const ambiguous = code === 'partly-accepted' || code === 'no-answer';
  const retryable = ambiguous || code === 'queue-full';
  const facts = { code, retryable, ambiguous, repeat: 'safe' as const, tries: ambiguous ? 1 : 0 };
  return new AdtallyError(message, facts, cause);
}
