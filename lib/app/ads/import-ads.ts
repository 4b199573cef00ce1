import type { Refusal } from '../../core/ads/ad-change.ts';
import type { AdImported, ImportedContent } from '../../core/ads/ad-event.ts';
import { assert } from '../../core/assert.ts';
import { formatToken } from '../../core/consistency-token.ts';
import { toMark } from '../../core/sequence-number.ts';
import { isStateStoreError, readItemsMax } from '../../ports/state-store.ts';
import { appendEvents, type Appended } from '../append-events.ts';
import type { Ports } from '../ports.ts';
import { importedAdId } from '../request-identity.ts';
import { poll } from '../retry.ts';
import { outcomeKey } from '../state-keys.ts';
import { adEventEntry } from './ad-event-codec.ts';
import { parseOutcome, type Imported, type Outcome } from './ad-items.ts';
import { waitMsMax, type WriteOptions } from './ad-writer.ts';

/** What became of one ad of an import. */
export type ImportedAd =
  | ({ readonly status: 'applied'; readonly version: number } & Imported)
  | { readonly status: 'refused'; readonly reason: Refusal }
  /** Logged, but not decided in time. */
  | { readonly status: 'accepted' };

export type ImportResult =
  /** All are logged. Outcome i belongs to ad i; undefined: nobody waited. */
  | {
      readonly status: 'logged';
      readonly token: string;
      readonly outcomes: readonly ImportedAd[] | undefined;
    }
  | {
      readonly status: 'partial';
      readonly token: string;
      readonly failed: readonly { readonly index: number; readonly ambiguous: boolean }[];
    }
  | { readonly status: 'log-unavailable'; readonly ambiguous: boolean };

type ImportPorts = Pick<Ports, 'adEvents' | 'state' | 'clock' | 'ids' | 'telemetry' | 'settings'>;

/**
 * Appends an event for each ad, no external id twice; the projector creates or changes the ad of each. So an import
 * that is repeated makes no ad twice, with an Idempotency-Key or without: the ad that has the external id by then
 * is changed, or is so already. Never rejects once something is appended.
 */
export async function importAds(
  deps: ImportPorts,
  ads: readonly ImportedContent[],
  { identity, waitMs = 0, traceparent }: WriteOptions,
): Promise<ImportResult> {
  const { adEvents, clock } = deps;
  const at = clock.nowMs();
  const events = ads.map((ad, index): AdImported => {
    const id = identity.eventId(index);
    const base = { type: 'AdImported', v: 2, id, adId: importedAdId(identity, index), at, ad } as const;
    return traceparent === undefined ? base : { ...base, traceparent };
  });
  const appended = await appendEvents({ ...deps, log: adEvents }, events.map(adEventEntry), {
    repeatable: true,
  });
  const failed = appended.flatMap((result, index) =>
    result.status === 'failed' ? [{ index, ambiguous: result.ambiguous }] : [],
  );
  const last = lastOf(appended);
  if (last === undefined)
    return { status: 'log-unavailable', ambiguous: failed.some((one) => one.ambiguous) };
  const { shardId, sequenceNumber } = last;
  const token = formatToken({
    ...{ type: 'ads', stage: deps.settings.stage, issuedAtMs: clock.nowMs() },
    position: { epoch: adEvents.epoch, shardId, sequenceNumber },
  });
  if (failed.length > 0) return { status: 'partial', token, failed };
  const outcomes = waitMs > 0 ? await waitForOutcomes(deps, events, Math.min(waitMs, waitMsMax)) : undefined;
  return { status: 'logged', token, outcomes };
}

/** The one with the highest number: the log has one shard, and a token for it stands for all before it. */
function lastOf(
  appended: readonly Appended[],
): Extract<Appended, { readonly status: 'appended' }> | undefined {
  let last: Extract<Appended, { readonly status: 'appended' }> | undefined;
  for (const result of appended) {
    if (result.status === 'failed') continue;
    if (last === undefined || toMark(last.sequenceNumber) < toMark(result.sequenceNumber)) last = result;
  }
  return last;
}

/** What is decided within the wait, in the order of the events. */
async function waitForOutcomes(
  { state, clock }: Pick<Ports, 'state' | 'clock'>,
  events: readonly AdImported[],
  waitMs: number,
): Promise<readonly ImportedAd[]> {
  const found = new Map<string, ImportedAd>();
  await poll(clock, waitMs, async () => {
    try {
      const open = events.filter(({ id }) => !found.has(id));
      for (let start = 0; start < open.length; start += readItemsMax) {
        const slice = open.slice(start, start + readItemsMax);
        const items = await state.getMany(slice.map(({ id }) => outcomeKey(id)));
        slice.forEach(({ id }, index) => {
          const outcome = parseOutcome(items[index]);
          if (outcome !== undefined) found.set(id, toImportedAd(outcome));
        });
      }
    } catch (error) {
      // All are in the log and will be decided, although the store cannot show that now.
      if (!isStateStoreError(error)) throw error;
    }
    return found.size === events.length ? true : undefined;
  });
  return events.map(({ id }) => found.get(id) ?? { status: 'accepted' });
}

function toImportedAd(outcome: Outcome): ImportedAd {
  if (outcome.status === 'refused') return outcome;
  const { version, imported } = outcome;
  assert(imported !== undefined, 'an import has an effect');
  return { status: 'applied', version, ...imported };
}
