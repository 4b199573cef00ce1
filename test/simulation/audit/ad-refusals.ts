import type { Refusal } from '../../../lib/core/ads/ad-change.ts';
import type { AdContent, AdPatch } from '../../../lib/core/ads/ad.ts';
import type { AdTruth } from './ad-commits.ts';
import type { LoggedEvent } from './ad-log.ts';
import { faultOf, patched, weigh, type ModelAd, type ModelLimits } from './ad-model.ts';
import type { Answered } from './answered.ts';
import type { ChangeCall, WriteCall } from './ad-target.ts';
import { checkPatience } from './ad-reads.ts';
import { recordsOf } from './ad-requests.ts';
import { demand } from './demand.ts';

/** The status of a refusal that the order of the log causes. */
export const statusOfRefusal: Readonly<Record<Refusal, number>> = {
  'not-found': 404,
  'version-mismatch': 412,
  'already-exists': 409,
  'external-id-taken': 409,
  'invalid-window': 400,
  'invalid-ages': 400,
  'metadata-too-large': 400,
  'cap-without-campaign': 400,
  'already-ended': 400,
  'over-limit': 507,
  // No request is refused so.
  'not-due': 0,
};

const refusalStatuses: ReadonlySet<number> = new Set([400, 404, 409, 412, 507]);

/**
 * A refusal tells either what the log's order made of the write, or what was so at an instant of the request.
 */
export function checkRefusal(truth: AdTruth, exchange: Answered, call: WriteCall, asked: AdPatch): void {
  const { status } = exchange.answer;
  if (!refusalStatuses.has(status)) return;
  const facts = (): Readonly<Record<string, unknown>> => ({ exchange, records: recordsOf(truth, exchange) });
  for (const logged of recordsOf(truth, exchange)) {
    const { event } = logged;
    const outcome = event === undefined ? undefined : truth.model.outcomes.get(event.id);
    if (outcome === undefined) continue;
    if (outcome.status === 'refused' && statusOfRefusal[outcome.reason] === status) return;
    // An attempt that began when another had been applied is answered from that; beside it, each speaks for
    // itself.
    const wasKnown = (logged.settledAtMs ?? Infinity) < exchange.sentAtMs && isKeyAlive(logged, exchange);
    demand(
      outcome.status === 'refused' || !wasKnown,
      'G3',
      'a write was applied and answered as refused',
      () => ({
        ...facts(),
        outcome,
      }),
    );
  }
  if (status === 404 && call.call !== 'create') checkPatience(truth, exchange, call.adId);
  const isTrue =
    call.call === 'create'
      ? isCreateRefused(truth, exchange, asked)
      : isChangeRefused(truth, exchange, call, asked);
  demand(isTrue, 'G3', `a write was answered ${status} without a reason`, facts);
}

/** A key is remembered for 24 h; clocks differ by minutes. */
const keyLifeMs = 23 * 3_600_000;

function isKeyAlive({ record }: LoggedEvent, { sentAtMs }: Answered): boolean {
  return sentAtMs - record.arrivedAtMs < keyLifeMs;
}

function isCreateRefused({ history, limits }: AdTruth, exchange: Answered, asked: AdPatch): boolean {
  const { answer, sentAtMs, answeredAtMs, containerNowMs } = exchange;
  const content = asked as AdContent;
  if (answer.status === 400) return content.endAt <= latestOf(exchange, containerNowMs);
  if (answer.status !== 507) return false;
  const { from, to } = history.during(sentAtMs, answeredAtMs);
  for (let version = from; version <= to; version += 1) {
    if (isOverLimit(history.weightAt(version), content, limits)) return true;
  }
  return false;
}

function isOverLimit(
  weight: { readonly ads: number; readonly bytes: number } | undefined,
  content: AdContent,
  { liveAdsMax, liveBytesMax }: ModelLimits,
): boolean {
  if (weight === undefined) return false;
  return weight.ads >= liveAdsMax || weight.bytes + weigh(content) > liveBytesMax;
}

function isChangeRefused(
  { history }: AdTruth,
  exchange: Answered,
  call: ChangeCall,
  asked: AdPatch,
): boolean {
  const { request, answer, sentAtMs, answeredAtMs, containerNowMs } = exchange;
  const nowMs = latestOf(exchange, containerNowMs);
  const startedMs = Math.min(exchange.containerStartedMs ?? containerNowMs, containerNowMs);
  const tags = request.headers['if-match'];
  return history.adDuring(call.adId, history.during(sentAtMs, answeredAtMs)).some((ad) => {
    const isGone = ad === undefined || ad.endAt <= nowMs;
    switch (answer.status) {
      case 404:
        return isGone;
      case 412:
        if (tags === undefined) return false;
        // A list of tags is matched by reading the ad first, which may find it gone. One tag is matched with an ad
        // that was live at some instant of the request, though it may have ended before the answer.
        if (isGone && tags.includes(',')) return true;
        return ad !== undefined && ad.endAt > startedMs && !tags.includes(`"${ad.version}"`);
      case 400:
        return ad !== undefined && isFaultyTogether(ad, asked, nowMs);
      default:
        return false;
    }
  });
}

function isFaultyTogether(ad: ModelAd, asked: AdPatch, nowMs: number): boolean {
  return faultOf(patched(ad, asked), nowMs) !== undefined;
}

/** The clock may have jumped back while it answered. */
function latestOf({ containerStartedMs }: Answered, containerNowMs: number): number {
  return Math.max(containerStartedMs ?? containerNowMs, containerNowMs);
}
