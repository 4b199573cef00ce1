import { createApiFunction, type ApiFunction } from '../../lib/api/api-function.ts';
import { invalidRequest, problem, type Problem } from '../../lib/api/answer/answer.ts';
import { tokenHeader } from '../../lib/api/answer/token-header.ts';
import { deliveryRoutes } from '../../lib/api/delivery-routes.ts';
import { operation } from '../../lib/api/operation.ts';
import type { ApiRequest } from '../../lib/api/request/api-request.ts';
import { createEventJudge, type Verdict } from '../../lib/app/delivery/event-judge.ts';
import { createSigningKeys } from '../../lib/app/delivery/signing-keys.ts';
import { createTrackWriter, type TrackedEvent } from '../../lib/app/delivery/track-writer.ts';
import { unkeyedIdempotency } from '../../lib/app/idempotency.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { waitAtMost } from '../../lib/app/wait-at-most.ts';
import { metrics } from '../../lib/ports/telemetry.ts';
import { createVisitorFault } from './visitor-fault.ts';

export type TrackAdsDeps = Pick<Ports, 'increments' | 'state' | 'clock' | 'ids' | 'telemetry' | 'settings'>;

/** A click waits no longer than this for the log, milliseconds: a person is waiting for the page behind it. */
const clickWaitMsMax = 1500;

const beaconHeaders = { 'Cache-Control': 'no-store', 'Cross-Origin-Resource-Policy': 'cross-origin' };
const pixel = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>';

const notOurs = invalidRequest([{ path: 'token', message: 'must be a token of a decision of this stage' }]);
const unsure = problem('state-unavailable', {
  detail: 'The key of the token may be new, and has not been read yet. Send the event again; it counts once.',
});
const notLogged = problem('log-unavailable', {
  detail: 'The event may or may not have been logged. Send it again; it counts once.',
});

/** Takes what the pages, apps and servers that show ads report of them, and appends it to the log. */
export function createTrackAds(deps: TrackAdsDeps): ApiFunction {
  const { clock, telemetry, settings } = deps;
  const { accepts, bots } = settings.delivery;
  const judge = createEventJudge(deps, createSigningKeys(deps));
  const writer = createTrackWriter(deps);
  const faultOf = createVisitorFault(bots);

  const traced = ({ traceparent }: Pick<ApiRequest<never>, 'traceparent'>) =>
    traceparent === undefined ? {} : { traceparent };
  const marked = (event: TrackedEvent, { visitor }: Pick<ApiRequest<never>, 'visitor'>): TrackedEvent => {
    const invalid = faultOf(visitor);
    return invalid === undefined ? event : { ...event, invalid };
  };
  const refuse = (
    status: Exclude<Verdict['status'], 'good'>,
  ): Problem<'invalid-request'> | Problem<'decision-expired'> | Problem<'state-unavailable'> => {
    if (status === 'unsure') return unsure;
    telemetry.count(metrics.trackedRefused);
    return status === 'invalid' ? notOurs : problem('decision-expired');
  };

  /** undefined: reported, or HEAD. */
  const seen = async (
    request: Pick<
      ApiRequest<typeof deliveryRoutes.showPixel>,
      'path' | 'visitor' | 'traceparent' | 'preconditions'
    >,
  ) => {
    const verdict = await judge.event(request.path.token, 'impression');
    if (verdict.status !== 'good') return refuse(verdict.status);
    if (failsOnTag(request)) return problem('precondition-failed');
    if (request.visitor.isHead) return undefined;
    if (!accepts) return problem('delivery-off');
    const result = await writer.append([marked(verdict.event, request)], traced(request));
    return result.status === 'accepted' ? undefined : notLogged;
  };

  const showPixel = operation(
    deliveryRoutes.showPixel,
    async (request) =>
      (await seen(request)) ?? {
        status: 200,
        headers: { ...beaconHeaders, 'Content-Type': 'image/svg+xml' },
        body: pixel,
      },
  );

  const sendBeacon = operation(
    deliveryRoutes.sendBeacon,
    async (request) => (await seen(request)) ?? { status: 204, headers: beaconHeaders },
  );

  /** Whether the click is in the log: nothing that goes wrong holds up its redirect. */
  const logClick = async (event: TrackedEvent, traceparent: { readonly traceparent?: string }) => {
    let isLogged = false;
    const appending = writer.append([event], traceparent).then(({ status }) => {
      isLogged = status === 'accepted';
    });
    await waitAtMost(clock, clickWaitMsMax, appending);
    return isLogged;
  };

  const followClick = operation(deliveryRoutes.followClick, async (request) => {
    const { u: url, s: signature } = request.query;
    const verdict = await judge.link(request.path.token, url, signature);
    if (verdict.status !== 'good' && verdict.status !== 'expired') return refuse(verdict.status);
    if (verdict.status === 'good' && !request.visitor.isHead) {
      const isLogged = accepts && (await logClick(marked(verdict.event, request), traced(request)));
      if (!isLogged) telemetry.count(metrics.clicksLost);
    }
    return {
      status: 302,
      headers: { ...beaconHeaders, Location: url, 'Referrer-Policy': 'no-referrer' },
    };
  });

  const trackEvents = operation(deliveryRoutes.trackEvents, async (request) => {
    if (!accepts) return problem('delivery-off');
    const good: { readonly event: TrackedEvent; readonly index: number }[] = [];
    const rejected: { index: number; reason: 'invalid' | 'expired' }[] = [];
    const failed: { index: number; ambiguous: boolean }[] = [];
    for (const [index, { token, type }] of request.body.events.entries()) {
      const verdict = await judge.event(token, type);
      if (verdict.status === 'good') good.push({ event: verdict.event, index });
      else if (verdict.status === 'unsure') failed.push({ index, ambiguous: false });
      else rejected.push({ index, reason: verdict.status === 'invalid' ? 'invalid' : 'expired' });
    }
    if (rejected.length > 0) telemetry.count(metrics.trackedRefused, rejected.length);
    const result =
      good.length === 0
        ? ({ status: 'accepted', tokens: [] } as const)
        : await writer.append(
            good.map(({ event }) => event),
            traced(request),
          );
    if (result.status === 'unavailable') return notLogged;
    if (good.length === 0 && failed.length > 0) return unsure;
    if (result.status === 'partial')
      failed.push(...result.failed.map((each) => ({ ...each, index: good[each.index]?.index ?? 0 })));
    const accepted = request.body.events.length - rejected.length - failed.length;
    const headers = tokenHeader(result.tokens);
    if (failed.length === 0) return { status: 202, headers, body: { accepted, rejected } };
    failed.sort((a, b) => a.index - b.index);
    return {
      status: 207,
      headers: { ...headers, 'Retry-After': '1' },
      body: { accepted, rejected, failed },
    };
  });

  return createApiFunction(
    {
      ...deps,
      // Ads are shown on other people's pages; a token is all that a report needs.
      settings: { ...settings, http: { ...settings.http, corsOrigins: ['*'] } },
      idempotency: unkeyedIdempotency(deps),
    },
    [showPixel, sendBeacon, followClick, trackEvents],
  );
}

/**
 * Nothing here has an entity tag. For other reads this is checked after they were answered, when these have counted.
 * Preconditions are of 2xx alone (RFC 9110, 13.2.1): not of a redirect, nor of a report that is refused.
 */
function failsOnTag({ preconditions }: Pick<ApiRequest<never>, 'preconditions'>): boolean {
  return preconditions.ifMatch?.type === 'list';
}
