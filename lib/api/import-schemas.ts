import * as z from 'zod';
import type { ImportedContent } from '../core/ads/ad-event.ts';
import { coherentAd, fieldShapes, toAdContent } from './ad-schemas.ts';
import { problemSchema } from './answer/problem-schema.ts';
import { notLogged } from './counter-schemas.ts';
import { externalIdSchema } from './optional-field-schemas.ts';

export const importedAdsMax = 500;

const countMessage = `must have 1 to ${importedAdsMax} entries`;

export const importedAd = coherentAd(
  z.strictObject({ ...fieldShapes, external_id: externalIdSchema }, { error: 'must be an object' }),
).meta({
  id: 'AdImport',
  description: 'All of an ad, by its external id. An optional field that is missing is cleared.',
});

export const importAdsBody = z
  .strictObject(
    {
      ads: z
        .array(importedAd, { error: 'must be a list' })
        .min(1, { error: countMessage })
        .max(importedAdsMax, { error: countMessage })
        .superRefine(refuseRepeated, { when: ({ value }) => Array.isArray(value) }),
    },
    { error: 'must be an object' },
  )
  .meta({ id: 'AdsImport' });

/** It also runs when other fields are invalid, so that one answer names every error. */
function refuseRepeated(ads: readonly unknown[], context: z.core.$RefinementCtx): void {
  const first = new Map<string, number>();
  ads.slice(0, importedAdsMax).forEach((ad, index) => {
    const { external_id: externalId } = (ad ?? {}) as { readonly external_id?: unknown };
    if (typeof externalId !== 'string') return;
    const before = first.get(externalId);
    if (before === undefined) first.set(externalId, index);
    else {
      const message = `must not be the one of ads.${before}`;
      context.addIssue({ code: 'custom', path: [index, 'external_id'], message });
    }
  });
}

export function toImportedContent(ad: z.output<typeof importedAd>): ImportedContent {
  return { ...toAdContent(ad), externalId: ad.external_id };
}

export const importResults = ['created', 'updated', 'unchanged', 'refused', 'accepted'] as const;

/** One schema for 200, 202 and 207. */
export const adsImportedSchema = z
  .strictObject({
    accepted: z.int().min(0).max(importedAdsMax).meta({ description: 'How many of the ads are logged.' }),
    failed: notLogged(importedAdsMax).meta({
      description: 'With 207: the ads that were not logged, as far as is known.',
    }),
    ads: z
      .array(
        z.strictObject({
          external_id: z.string(),
          result: z.enum(importResults).meta({
            description: 'What became of the ad. `accepted`: it is logged and not yet decided.',
          }),
          id: z.uuid().nullable().meta({ description: 'null if it was refused or is not yet decided.' }),
          version: z.int().min(1).nullable(),
          problem: problemSchema.optional().meta({ description: 'Why it was refused.' }),
        }),
      )
      .optional()
      .meta({ description: 'With `Prefer: wait`: one entry for each ad, in the order of the request.' }),
  })
  .meta({ id: 'AdsImported' });
