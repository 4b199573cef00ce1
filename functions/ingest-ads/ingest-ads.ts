import { adRoutes } from '../../lib/api/ad-routes.ts';
import { adWritten, toAdContent, toAdPatch } from '../../lib/api/ad-schemas.ts';
import { createApiFunction, type ApiFunction } from '../../lib/api/api-function.ts';
import { invalidRequest } from '../../lib/api/answer/answer.ts';
import type { FieldError } from '../../lib/api/answer/problems.ts';
import { operation } from '../../lib/api/operation.ts';
import { versionTag } from '../../lib/api/request/entity-tags.ts';
import { createAdReader } from '../../lib/app/ads/ad-reader.ts';
import { createAdWriter } from '../../lib/app/ads/ad-writer.ts';
import { createIdempotency } from '../../lib/app/idempotency.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { createCallLimit } from '../../lib/app/rate/call-limit.ts';
import type { UsageRecorder } from '../../lib/app/usage/usage-recorder.ts';
import { adToJson } from '../../lib/core/ads/ad-json.ts';
import type { AdPatch } from '../../lib/core/ads/ad.ts';
import { assert } from '../../lib/core/assert.ts';
import { toIfVersion } from './if-version.ts';
import { createImportAds } from './import-ads.ts';
import {
  appliedPreferences,
  deliveryFieldsRefused,
  externalIdsRefused,
  traceOf,
  waitOf,
} from './request-options.ts';
import { writeProblem } from './write-problem.ts';

export interface IngestAdsDeps extends Pick<
  Ports,
  'adEvents' | 'state' | 'clock' | 'ids' | 'telemetry' | 'settings'
> {
  readonly usage?: UsageRecorder;
}

/**
 * Validates changes of ads, appends them to the log and answers. It writes no state except the idempotency
 * record.
 */
export function createIngestAds(deps: IngestAdsDeps): ApiFunction {
  const writer = createAdWriter(deps);
  const reader = createAdReader(deps);
  /** Of what the request sets, what this stage does not accept yet. */
  const notAccepted = (content: AdPatch): readonly FieldError[] => [
    ...(typeof content.externalId === 'string' && deps.settings.externalIds === 'read'
      ? [externalIdsRefused('external_id')]
      : []),
    ...deliveryFieldsRefused(content, deps.settings),
  ];

  const createAd = operation(adRoutes.createAd, async (request) => {
    const { identity, preferences } = request;
    const content = toAdContent(request.body);
    const faults = notAccepted(content);
    if (faults.length > 0) return invalidRequest(faults);
    const wait = waitOf(request, content.externalId);
    const result = await writer.create(content, { identity, ...wait, ...traceOf(request) });
    const headers = {
      Location: `${request.address.path}/${identity.adId}`,
      ...appliedPreferences(preferences),
    };
    if (result.status === 'applied') {
      return {
        status: 201,
        headers: { ...headers, ETag: versionTag(result.ad.version), 'Consistency-Token': result.token },
        body: adToJson(result.ad),
      };
    }
    if (result.status === 'accepted') {
      return {
        status: 202,
        headers: { ...headers, 'Consistency-Token': result.token },
        body: adWritten(result.adId, content),
      };
    }
    assert(
      result.status !== 'removed' && result.status !== 'unchanged',
      'a creation neither removes nor leaves unchanged',
    );
    const refusal = writeProblem(result);
    assert(refusal.problem !== 'not-found', 'a new ad is not looked up');
    return refusal;
  });

  const updateAd = operation(adRoutes.updateAd, async (request) => {
    const { path, identity, preferences } = request;
    const patch = toAdPatch(request.body);
    const faults = notAccepted(patch);
    if (faults.length > 0) return invalidRequest(faults);
    const ifVersion = await toIfVersion(request.preconditions, path.id, reader);
    const wait = waitOf(request, patch.externalId);
    const options = { identity, ...ifVersion, ...wait, ...traceOf(request) };
    const result = await writer.update(path.id, patch, options);
    if (result.status === 'applied' || result.status === 'unchanged') {
      return {
        status: 200,
        headers: {
          ETag: versionTag(result.ad.version),
          ...(result.status === 'applied' && { 'Consistency-Token': result.token }),
          ...appliedPreferences(preferences),
        },
        body: adToJson(result.ad),
      };
    }
    if (result.status === 'accepted') {
      return {
        status: 202,
        headers: { 'Consistency-Token': result.token, ...appliedPreferences(preferences) },
        body: adWritten(result.adId, { ...patch, metadata: null }),
      };
    }
    assert(result.status !== 'removed', 'a change does not remove');
    return writeProblem(result);
  });

  const deleteAd = operation(adRoutes.deleteAd, async (request) => {
    const { path, identity } = request;
    const ifVersion = await toIfVersion(request.preconditions, path.id, reader);
    const options = { identity, ...ifVersion, ...waitOf(request), ...traceOf(request) };
    const result = await writer.remove(path.id, options);
    if (result.status === 'removed' || result.status === 'accepted') {
      const headers = { 'Consistency-Token': result.token, ...appliedPreferences(request.preferences) };
      return result.status === 'removed'
        ? { status: 204, headers }
        : { status: 202, headers, body: adWritten(result.adId, {}) };
    }
    assert(result.status !== 'applied' && result.status !== 'unchanged', 'a removal does not keep an ad');
    const refusal = writeProblem(result);
    assert(
      refusal.problem !== 'conflict' && refusal.problem !== 'over-limit',
      'a removal needs neither an id nor space',
    );
    return refusal;
  });

  return createApiFunction(
    {
      ...deps,
      idempotency: createIdempotency(deps),
      takeCall: createCallLimit(deps),
    },
    [createAd, updateAd, deleteAd, createImportAds(deps)],
  );
}
