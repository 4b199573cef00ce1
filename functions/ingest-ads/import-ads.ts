import { adRoutes } from '../../lib/api/ad-routes.ts';
import { invalidRequest, problem } from '../../lib/api/answer/answer.ts';
import { toImportedContent } from '../../lib/api/import-schemas.ts';
import { operation, type Operation } from '../../lib/api/operation.ts';
import { importAds, type ImportedAd } from '../../lib/app/ads/import-ads.ts';
import type { Ports } from '../../lib/app/ports.ts';
import {
  appliedPreferences,
  deliveryFieldsRefused,
  externalIdsRefused,
  traceOf,
  waitOf,
} from './request-options.ts';
import { refusalBody } from './write-problem.ts';

/** Creates or changes many ads by their external ids. */
export function createImportAds(
  deps: Pick<Ports, 'adEvents' | 'state' | 'clock' | 'ids' | 'telemetry' | 'settings'>,
): Operation {
  return operation(adRoutes.importAds, async (request) => {
    if (deps.settings.externalIds === 'read') return invalidRequest([externalIdsRefused('ads')]);
    const { identity, preferences } = request;
    const ads = request.body.ads.map(toImportedContent);
    const faults = ads.flatMap((ad, index) => deliveryFieldsRefused(ad, deps.settings, `ads.${index}.`));
    if (faults.length > 0) return invalidRequest(faults);
    const result = await importAds(deps, ads, { identity, ...waitOf(request), ...traceOf(request) });
    if (result.status === 'log-unavailable') {
      return problem('log-unavailable', {
        detail: result.ambiguous
          ? 'The ads may or may not have been logged. It is safe to send them again.'
          : 'No ad was logged. Send the request again.',
      });
    }
    const headers = { 'Consistency-Token': result.token, ...appliedPreferences(preferences) };
    if (result.status === 'partial') {
      const { failed } = result;
      const body = `{"accepted":${ads.length - failed.length},"failed":${JSON.stringify(failed)}}`;
      return { status: 207, headers: { ...headers, 'Retry-After': '1' }, body };
    }
    const { outcomes } = result;
    if (outcomes === undefined) return { status: 202, headers, body: `{"accepted":${ads.length}}` };
    const items = outcomes.map((outcome, index) => outcomeJson(ads[index]?.externalId ?? '', outcome));
    const body = `{"accepted":${ads.length},"ads":[${items.join(',')}]}`;
    const isDecided = outcomes.every(({ status }) => status !== 'accepted');
    return { status: isDecided ? 200 : 202, headers, body };
  });
}

function outcomeJson(externalId: string, outcome: ImportedAd): string {
  const name = `{"external_id":${JSON.stringify(externalId)}`;
  switch (outcome.status) {
    case 'applied': {
      const { adId, effect, version } = outcome;
      return `${name},"result":"${effect}","id":"${adId}","version":${version}}`;
    }
    case 'refused':
      return `${name},"result":"refused","id":null,"version":null,"problem":${refusalBody(outcome.reason)}}`;
    case 'accepted':
      return `${name},"result":"accepted","id":null,"version":null}`;
  }
}
