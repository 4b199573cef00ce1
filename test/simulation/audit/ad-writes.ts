import { adWritten } from '../../../lib/api/ad-schemas.ts';
import type { AdEvent } from '../../../lib/core/ads/ad-event.ts';
import type { AdTruth } from './ad-commits.ts';
import type { ModelOutcome } from './ad-model.ts';
import type { Answered } from './answered.ts';
import { askedOf, recordsOf } from './ad-requests.ts';
import { checkRefusal } from './ad-refusals.ts';
import { showAd } from './ad-show.ts';
import type { WriteCall } from './ad-target.ts';
import { demand } from './demand.ts';

/** Compares the answer to a write with the log and the model. */
export function checkWrite(truth: AdTruth, exchange: Answered, call: WriteCall): void {
  const { status } = exchange.answer;
  const asked = askedOf(exchange, call);
  if (asked === undefined) {
    const isRefused = [400, 413, 415].includes(status) || status >= 500;
    demand(isRefused, 'G8', 'a faulty request was not refused', () => ({ exchange }));
    return;
  }
  if (status >= 400) checkRefusal(truth, exchange, call, asked);
  else if (call.call === 'update' && Object.keys(asked).length === 0)
    checkUntouched(truth, exchange, call.adId);
  else checkAcknowledged(truth, exchange, call);
}

/** 2xx: it is in the log, under the token; what was waited for has been decided so (G1, G7). */
function checkAcknowledged(truth: AdTruth, exchange: Answered, call: WriteCall): void {
  const { answer, request } = exchange;
  const records = recordsOf(truth, exchange);
  const facts = (): Readonly<Record<string, unknown>> => ({ exchange, records });
  // A refusal frees the key: what came under it before is another event, which must have had no effect.
  const lastId = records.at(-1)?.event?.id;
  const first = records.find(({ event }) => event?.id === lastId);
  demand(first?.event !== undefined, 'G1', 'a write was acknowledged that is not in the log', facts);
  const { event } = first;
  for (const { event: earlier } of records) {
    const hadNoEffect =
      earlier === undefined ||
      earlier.id === event.id ||
      truth.model.outcomes.get(earlier.id)?.status === 'refused';
    demand(hadNoEffect, 'G1', 'a write of a key that was not freed was made anew', facts);
  }
  demand(
    call.call === 'create' || call.adId === event.adId,
    'G1',
    'the log has a write of another ad',
    facts,
  );
  const token = truth.log.ofToken(answer.headers['consistency-token'] ?? '');
  const isTokenGood = token !== undefined && token !== 'none' && token.index >= first.index;
  demand(isTokenGood, 'G7', 'the token of a write stands before the write', facts);
  if (call.call === 'create')
    demand(
      answer.headers.location === `${request.target}/${event.adId}`,
      'G1',
      'another ad is located',
      facts,
    );
  if (answer.status === 202) {
    const wanted = JSON.stringify(adWritten(event.adId, contentOf(event)));
    demand(answer.body === wanted, 'G1', 'a write was accepted in other words', facts);
    return;
  }
  checkApplied(truth.model.outcomes.get(event.id), exchange, event, facts);
}

/** What an event says of its ad. */
function contentOf(event: AdEvent): Parameters<typeof adWritten>[1] {
  if (event.type === 'AdCreated') return event.ad;
  // What a patch makes of the metadata is not known before it is applied.
  return event.type === 'AdUpdated' ? { ...event.patch, metadata: null } : {};
}

function checkApplied(
  outcome: ModelOutcome | undefined,
  { answer }: Answered,
  event: AdEvent,
  facts: () => Readonly<Record<string, unknown>>,
): void {
  demand(outcome?.status === 'applied', 'G3', 'a write was called applied and is not', () => ({
    ...facts(),
    outcome,
  }));
  if (event.type === 'AdDeleted') {
    demand(answer.status === 204 && answer.body === '', 'G3', 'a deletion is answered otherwise', facts);
    return;
  }
  demand(
    answer.headers.etag === `"${outcome.version}"`,
    'G3',
    'a write was called applied at another version',
    () => ({
      ...facts(),
      outcome,
    }),
  );
  if (outcome.change === undefined) return;
  const wanted = outcome.change.type === 'put' ? showAd(outcome.change.ad) : '';
  demand(answer.body === wanted, 'G3', 'a write made another ad than it was answered', () => ({
    ...facts(),
    wanted,
  }));
}

/** `{}`: the ad as it was at some instant of the request. */
function checkUntouched({ history }: AdTruth, exchange: Answered, adId: string): void {
  const { answer, sentAtMs, answeredAtMs } = exchange;
  if (answer.headers['idempotent-replayed'] === 'true') return;
  const states = history.adDuring(adId, history.during(sentAtMs, answeredAtMs));
  const isTrue = answer.status === 200 && states.some((ad) => ad !== undefined && answer.body === showAd(ad));
  demand(isTrue, 'G3', 'an empty change is answered with an ad that was not', () => ({ exchange, states }));
}
