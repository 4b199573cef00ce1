import { changeFromJson, type Refusal } from '../../core/ads/ad-change.ts';
import type { AdCreated, AdDeleted, AdEvent, AdUpdated } from '../../core/ads/ad-event.ts';
import type { Ad, AdContent, AdPatch } from '../../core/ads/ad.ts';
import { assert } from '../../core/assert.ts';
import { formatToken } from '../../core/consistency-token.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import { appendEvents } from '../append-events.ts';
import type { Ports } from '../ports.ts';
import type { RequestIdentity } from '../request-identity.ts';
import { poll } from '../retry.ts';
import { changeKey, headKey, outcomeKey } from '../state-keys.ts';
import { adEventEntry } from './ad-event-codec.ts';
import { parseHead, tokenOfHead } from './ad-head.ts';
import { type Outcome, parseOutcome } from './ad-items.ts';
import { findAd, type FoundAd } from './ad-reader.ts';
import { refuseChange, refuseCreate } from './prechecks.ts';
import { createProjectionPointer, type ProjectionPointer } from './projection-pointer.ts';

/**
 * Appends writes of ads to the log. It checks them first, by consistent reads, only to save the log an event
 * that cannot take effect: the projector decides. A client may repeat a request with an Idempotency-Key after
 * its event has been decided. That decision then answers it. A refusal stays a refusal. Otherwise the answer
 * without a wait is `accepted` as before; with a wait it is the ad as the request made it then, from the
 * change log, even if it has changed since. So a keyed request that is refused stays refused, or has no event
 * in the log. All methods reject with a StateStoreError only before anything is appended.
 */
export interface AdWriter {
  create(content: AdContent, options: WriteOptions): Promise<AdWriteResult>;
  update(adId: string, patch: AdPatch, options: VersionedWriteOptions): Promise<AdWriteResult>;
  remove(adId: string, options: VersionedWriteOptions): Promise<AdWriteResult>;
}

export interface WriteOptions {
  readonly identity: RequestIdentity;
  /** `Prefer: wait`: how long to wait for the outcome, at most `waitMsMax`; default 0. */
  readonly waitMs?: number;
  readonly traceparent?: string;
}

export interface VersionedWriteOptions extends WriteOptions {
  /** The client's If-Match. */
  readonly ifVersion?: number;
}

export type AdWriteResult =
  /** Appended, but not applied in time. */
  | { readonly status: 'accepted'; readonly adId: string; readonly token: string }
  /** Applied in time: the ad as this request made it, even if it has been changed or removed since. */
  | { readonly status: 'applied'; readonly adId: string; readonly token: string; readonly ad: Ad }
  | { readonly status: 'removed'; readonly adId: string; readonly token: string }
  /** An empty patch: nothing was appended. */
  | { readonly status: 'unchanged'; readonly ad: Ad }
  | { readonly status: 'refused'; readonly reason: Refusal }
  /** The id is unknown, and so recent that its ad may still appear. */
  | { readonly status: 'not-caught-up' }
  /** `ambiguous`: the write may still take effect. */
  | { readonly status: 'log-unavailable'; readonly ambiguous: boolean };

/** As `Prefer: wait` (lib/api/request/prefer.ts); the append and the reads around it fit the time-out too. */
export const waitMsMax = 10_000;
/** How long a repeated request waits for the log to decide, if the check would refuse it. */
const joinedWaitMs = 5000;

type WriterPorts = Pick<Ports, 'adEvents' | 'state' | 'clock' | 'ids' | 'telemetry' | 'settings'>;

interface Deps extends WriterPorts {
  readonly pointer: ProjectionPointer;
}

export function createAdWriter(ports: WriterPorts): AdWriter {
  const deps: Deps = { ...ports, pointer: createProjectionPointer(ports) };
  return {
    create: async (content, options) => {
      const { adId } = options.identity;
      const event: AdCreated = {
        ...{ type: 'AdCreated', v: 3, ad: content },
        ...eventBase(deps, adId, options),
      };
      const refusal = await refuseCreate(deps, content, event.at);
      return (
        (await answerFromBefore(deps, event, options)) ??
        (refusal === undefined
          ? await appendAndWait(deps, event, options)
          : await refuse(deps, event, options, refusal))
      );
    },
    update: async (adId, patch, options) => {
      if (Object.keys(patch).length === 0) {
        return touchNothing(await findAd(deps, deps.pointer, adId), options.ifVersion);
      }
      const event: AdUpdated = {
        type: 'AdUpdated',
        v: 3,
        ...eventBase(deps, adId, options),
        patch,
        ...ifVersionOf(options),
      };
      return change(deps, event, options);
    },
    remove: async (adId, options) => {
      const event: AdDeleted = {
        type: 'AdDeleted',
        v: 1,
        ...eventBase(deps, adId, options),
        ...ifVersionOf(options),
      };
      return change(deps, event, options);
    },
  };
}

async function change(
  deps: Deps,
  event: AdUpdated | AdDeleted,
  options: VersionedWriteOptions,
): Promise<AdWriteResult> {
  // Read the ad before the outcome: if the ad shows the effect of this request, its outcome is there too.
  const found = await findAd(deps, deps.pointer, event.adId);
  const answered = await answerFromBefore(deps, event, options);
  if (answered !== undefined) return answered;
  if (found.status === 'not-yet') return { status: 'not-caught-up' };
  const refusal = found.status === 'missing' ? 'not-found' : refuseChange(event, found.ad);
  return refusal === undefined ? appendAndWait(deps, event, options) : refuse(deps, event, options, refusal);
}

/**
 * Refuses a request that the check before the log found wrong. But if an earlier run of the request may have
 * appended its event, the log decides: the event is appended again, and the projector refuses it for good, or
 * had accepted it before.
 */
async function refuse(
  deps: Deps,
  event: AdEvent,
  options: VersionedWriteOptions,
  reason: Refusal,
): Promise<AdWriteResult> {
  if (!options.identity.joined) return refused(reason);
  const waitMs = Math.max(waitOf(options), joinedWaitMs);
  const result = await appendAndWait(deps, event, { ...options, waitMs });
  const isApplied = result.status === 'applied' || result.status === 'removed';
  if (!isApplied || waitOf(options) > 0) return result;
  return { status: 'accepted', adId: result.adId, token: result.token };
}

function touchNothing(found: FoundAd, ifVersion: number | undefined): AdWriteResult {
  if (found.status === 'not-yet') return { status: 'not-caught-up' };
  if (found.status === 'missing') return refused('not-found');
  const { ad } = found;
  return ifVersion === undefined || ifVersion === ad.version
    ? { status: 'unchanged', ad }
    : refused('version-mismatch');
}

/** undefined: this request has not been decided yet, as far as the store shows. */
async function answerFromBefore(
  deps: Deps,
  event: AdEvent,
  options: VersionedWriteOptions,
): Promise<AdWriteResult | undefined> {
  if (!options.identity.keyed) return undefined;
  const outcome = parseOutcome(await deps.state.get(outcomeKey(event.id)));
  if (outcome === undefined) return undefined;
  // The event's position is no longer known, but the head is at it or past it.
  const token = tokenOfHead(parseHead(await deps.state.get(headKey)), deps.settings.stage);
  if (waitOf(options) > 0) return answer(deps, event, outcome, token);
  return outcome.status === 'refused'
    ? refused(outcome.reason)
    : { status: 'accepted', adId: event.adId, token };
}

async function appendAndWait(
  deps: Deps,
  event: AdEvent,
  options: VersionedWriteOptions,
): Promise<AdWriteResult> {
  const { adEvents, clock, state, settings } = deps;
  const [appended] = await appendEvents({ ...deps, log: adEvents }, [adEventEntry(event)], {
    repeatable: true,
  });
  assert(appended !== undefined, 'an append has a result');
  if (appended.status === 'failed') return { status: 'log-unavailable', ambiguous: appended.ambiguous };
  const { shardId, sequenceNumber } = appended;
  const position = { epoch: adEvents.epoch, shardId, sequenceNumber };
  const token = formatToken({ type: 'ads', stage: settings.stage, position, issuedAtMs: clock.nowMs() });
  const accepted: AdWriteResult = { status: 'accepted', adId: event.adId, token };
  const waitMs = waitOf(options);
  if (waitMs === 0) return accepted;
  const decided = await poll(clock, waitMs, async () => {
    try {
      const outcome = parseOutcome(await state.get(outcomeKey(event.id)));
      return outcome && (await answer(deps, event, outcome, token));
    } catch (error) {
      // It is in the log and will be applied, although the store cannot show that now.
      if (isStateStoreError(error)) return undefined;
      throw error;
    }
  });
  return decided ?? accepted;
}

async function answer(
  { state }: Pick<Ports, 'state'>,
  event: AdEvent,
  outcome: Outcome,
  token: string,
): Promise<AdWriteResult> {
  if (outcome.status === 'refused') return refused(outcome.reason);
  const { adId } = event;
  if (event.type === 'AdDeleted') return { status: 'removed', adId, token };
  const item = await state.get(changeKey(outcome.version));
  const made = typeof item?.change === 'string' ? changeFromJson(item.change) : undefined;
  assert(
    made?.type === 'put' && made.ad.id === adId,
    `version ${outcome.version} is not what the outcome says`,
  );
  return { status: 'applied', adId, token, ad: made.ad };
}

function eventBase({ clock }: Pick<Ports, 'clock'>, adId: string, { identity, traceparent }: WriteOptions) {
  const base = { id: identity.eventId(0), adId, at: clock.nowMs() } as const;
  return traceparent === undefined ? base : { ...base, traceparent };
}

function ifVersionOf({ ifVersion }: VersionedWriteOptions): { ifVersion?: number } {
  return ifVersion === undefined ? {} : { ifVersion };
}

function waitOf({ waitMs = 0 }: WriteOptions): number {
  return Math.min(waitMs, waitMsMax);
}

function refused(reason: Refusal): AdWriteResult {
  return { status: 'refused', reason };
}
