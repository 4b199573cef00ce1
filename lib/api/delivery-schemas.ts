import * as z from 'zod';
import { seriesLevels } from '../core/counters/series.ts';
import { ageMax, ageMin, genders, platforms } from '../core/ads/ad.ts';
import { unknown, type Unknown } from '../core/ads/ad-filter.ts';
import { decisionAdsMax } from '../core/delivery/choose.ts';
import { placementMax } from '../core/delivery/decision-token.ts';
import { deliveryKinds } from '../core/delivery/delivery-key.ts';
import { lossNames } from '../core/delivery/explain-decision.ts';
import { invalidReasons, trackedPerAppendMax } from '../core/delivery/tracked-event.ts';
import { adSchema, instantOut } from './ad-schemas.ts';
import { notLogged } from './counter-schemas.ts';
import { campaignIdSchema } from './optional-field-schemas.ts';
import { isAskedCountry } from './request/countries.ts';
import { text } from './request/text-rules.ts';

export const placementsMax = 10;
export const adsPerPlacementMax = 10;
export const excludedMax = 100;
export const userMax = 256;
export const campaignsPageMax = 50;
export const campaignsPageDefault = 20;

const notAnObject = { error: 'must be an object' };

const adId = z
  .guid({ error: 'must be a UUID' })
  .transform((id) => id.toLowerCase())
  .meta({ override: { type: 'string', format: 'uuid' } });

function left(name: string): string {
  return `If missing, it does not filter. \`unknown\`: only ads that do not target ${name}.`;
}

const ageMessage = `must be a whole number from ${ageMin} to ${ageMax}, or unknown`;
const age: z.ZodType<number | Unknown, number | Unknown> = z
  .union([z.int().min(ageMin).max(ageMax), z.literal(unknown)], { error: ageMessage })
  .meta({
    description: `The age of the person. ${left('age')}`,
    // Not `anyOf`, which the checks of the client do not know.
    override: { type: ['integer', 'string'], minimum: ageMin, maximum: ageMax, pattern: '^unknown$' },
  });

const oneOf = <Value extends string>(
  values: readonly Value[],
  name: string,
): z.ZodType<Value | Unknown, Value | Unknown> =>
  z
    .enum([...values, unknown], { error: `must be ${values.join(', ')} or unknown` })
    .meta({ description: `The ${name} of the person. ${left(name)}` });

const audience = {
  age: age.optional(),
  country: z
    .string({ error: 'must be text' })
    .refine((value) => value === unknown || isAskedCountry(value), {
      error: 'must be two upper-case letters, T1 or unknown',
    })
    .meta({
      description: `The country. ${left('country')}`,
      override: { type: 'string', pattern: '^(?:[A-Z]{2}|T1|unknown)$' },
    })
    .optional(),
  gender: oneOf(genders, 'gender').optional(),
  platform: oneOf(platforms, 'platform').optional(),
};

const placementMessage = `must be 1 to ${placementMax} visible ASCII characters`;
const placementId = z
  .string({ error: placementMessage })
  .regex(/^[!-~]{1,64}$/, { error: placementMessage })
  .meta({ description: 'Your name for the place.', examples: ['article/top'] });

function listOf<One extends z.ZodType>(one: One, max: number, description: string) {
  return z
    .array(one, { error: 'must be a list' })
    .max(max, { error: `must have at most ${max} entries` })
    .meta({ description });
}

const placements = listOf(
  z.strictObject(
    {
      id: placementId,
      count: z
        .int({ error: `must be a whole number from 1 to ${adsPerPlacementMax}` })
        .min(1, { error: `must be a whole number from 1 to ${adsPerPlacementMax}` })
        .max(adsPerPlacementMax, { error: `must be a whole number from 1 to ${adsPerPlacementMax}` })
        .optional()
        .meta({ description: 'The most ads that it shows; default 1.' }),
    },
    notAnObject,
  ),
  placementsMax,
  `The places that show ads, each id once; ${decisionAdsMax} ads in all. They are filled in this order.`,
).min(1, { error: 'must have an entry' });

const exclude = z
  .strictObject(
    {
      ads: listOf(adId, excludedMax, 'Ids of ads.').optional(),
      campaigns: listOf(campaignIdSchema, excludedMax, 'Campaigns.').optional(),
    },
    notAnObject,
  )
  .meta({ description: 'What is not to be chosen.' });

const asked = {
  user: text(
    { min: 1, max: userMax, multiline: false },
    'Your name for the person. It is not kept.',
  ).optional(),
  ...audience,
  placements,
  exclude: exclude.optional(),
};

interface Asked {
  readonly placements: readonly { readonly id: string; readonly count?: number | undefined }[];
}

/** Checks that no schema of the document can express; not of placements with a fault of their own. */
function fits<Schema extends z.ZodType<Asked>>(schema: Schema): Schema {
  return schema.superRefine(({ placements: given }, context) => {
    if (context.issues.some(({ path }) => path?.[0] === 'placements')) return;
    const ids = given.map(({ id }) => id);
    const twice = ids.findIndex((id, index) => ids.indexOf(id) < index);
    if (twice >= 0) {
      const message = 'must not repeat a placement';
      context.addIssue({ code: 'custom', path: ['placements', twice, 'id'], message });
    }
    const wanted = given.reduce((sum, { count: ads = 1 }) => sum + ads, 0);
    if (wanted > decisionAdsMax) {
      const message = `must have at most ${decisionAdsMax} ads in all, not ${wanted}`;
      context.addIssue({ code: 'custom', path: ['placements'], message });
    }
  });
}

export const decisionsBody = fits(
  z.strictObject(
    {
      ...asked,
      count: z.enum(['beacon', 'served'], { error: 'must be beacon or served' }).optional().meta({
        description:
          '`beacon` (default): impressions are counted when their `impression_url` is loaded. `served`: with this answer, for pages made by a server and for apps without pictures.',
      }),
    },
    notAnObject,
  ),
).meta({ id: 'DecisionInput', description: 'Who looks, and the places to fill.' });

export const explainDecisionBody = fits(
  z.strictObject({ ...asked, ad: adId.optional().meta({ description: 'The ad to explain.' }) }, notAnObject),
).meta({ id: 'DecisionQuestion', description: 'A decision to explain, and an ad.' });

const decisionSchema = z.strictObject({
  token: z.string().meta({ description: 'Names this decision, for `POST /api/v1/events`.' }),
  expires_at: instantOut.meta({
    description: 'Impressions count until just before this instant, clicks for a day after the decision.',
  }),
  impression_url: z.string().optional().meta({
    description:
      'To load when the ad is seen: a picture of one pixel, or a beacon. Missing with `count: served`.',
  }),
  click_url: z.string().optional().meta({
    description: 'Counts the click and redirects to the `click_url` of the ad. Missing if the ad has none.',
  }),
});

const decidedAdSchema = z
  .strictObject({ ...adSchema.shape, decision: decisionSchema })
  .meta({ id: 'DecidedAd', description: 'An ad, and what reports what became of it.' });

export const decisionsSchema = z
  .strictObject({
    decisions: z.array(z.strictObject({ placement: z.string(), ads: z.array(decidedAdSchema) })).meta({
      description: 'In the order of the request. Without an ad to show, the list of a placement is empty.',
    }),
    left_out: z.int().min(1).max(decisionAdsMax).optional().meta({
      description: 'Ads that were chosen and not sent: the answer would be over 256 KiB.',
    }),
  })
  .meta({ id: 'Decisions' });

const count = z.int().min(0);

/** Only with `waiting`. */
function waitingUntil(which: string) {
  return instantOut
    .nullable()
    .optional()
    .meta({
      description: `When ${which} may be chosen again: its plan goes on, what nobody saw comes back, or its next day begins. null: a few seconds after a decision has drawn it for the first time. Only with \`waiting\`.`,
    });
}

export const decisionExplanationSchema = z
  .strictObject({
    at: instantOut,
    live: count.meta({ description: 'Live ads.' }),
    priorities: z
      .array(
        z.strictObject({
          priority: z.int().min(1).max(16),
          matched: count.meta({
            description: 'Ads that have started and not ended, and whose targets admit the person.',
          }),
          paused: count,
          excluded_ads: count.meta({ description: 'Excluded by id.' }),
          excluded_campaigns: count.meta({ description: 'Excluded by campaign alone.' }),
          done: count.optional().meta({
            description:
              'Not excluded, but nothing remains of their `goal`. This and the other fields of goals are absent if no ad here has one.',
          }),
          waiting: count.optional().meta({ description: 'The same, but their `goal` keeps them back now.' }),
          waiting_until: waitingUntil('the first of them'),
          capped: count.meta({
            description:
              'None of that, but the user has got them as often as their `frequency` allows, or there is no user.',
          }),
          ready: count.meta({ description: 'Those that are drawn from.' }),
          behind: count.optional().meta({
            description: 'Of those, the ones that are drawn first, because they are behind their `goal`.',
          }),
          goals_unread: count.optional().meta({
            description:
              'Of those, the ones whose `goal` was not looked at: with a token an explanation looks at 100, without one at none. Absent if there are none.',
          }),
        }),
      )
      .meta({ description: 'Each priority with a match, the first first.' }),
    ad: z
      .strictObject({
        id: z.guid(),
        excluded_by: z.enum(lossNames).nullable().meta({
          description:
            'Why the ad is not chosen; null: it is among those that are drawn from. `unknown`: no live ad has this id. `done`: nothing remains of its goal. `waiting`: its goal keeps it back now.',
        }),
        waiting_until: waitingUntil('it'),
      })
      .nullable()
      .meta({ description: 'The ad of the request; null without one.' }),
  })
  .meta({ id: 'DecisionExplanation' });

export const tokenForm = /^[\w-]{1,200}$/;
const tokenMessage = 'must be a token of a decision';
const tokenSchema = z
  .string({ error: tokenMessage })
  .regex(tokenForm, { error: tokenMessage })
  .meta({ description: 'The token of a decision.' });

export const eventsBody = z
  .strictObject(
    {
      events: z
        .array(
          z.strictObject(
            { token: tokenSchema, type: z.enum(deliveryKinds, { error: 'must be impression or click' }) },
            notAnObject,
          ),
          { error: 'must be a list' },
        )
        .min(1, { error: 'must have an entry' })
        .max(trackedPerAppendMax, { error: `must have at most ${trackedPerAppendMax} entries` }),
    },
    notAnObject,
  )
  .meta({ id: 'EventsInput', description: 'Impressions and clicks to report.' });

const index = z
  .int()
  .min(0)
  .max(trackedPerAppendMax - 1);

/** One schema for 202 and 207; only 207 has `failed`. */
export const eventsTakenSchema = z
  .strictObject({
    accepted: z.int().min(0).max(trackedPerAppendMax),
    rejected: z.array(z.strictObject({ index, reason: z.enum(['invalid', 'expired']) })).meta({
      description:
        'Events that will never count. `invalid`: no token of this stage; `expired`: the decision is too old.',
    }),
    failed: notLogged(trackedPerAppendMax).meta({ description: 'With 207: send these again.' }),
  })
  .meta({ id: 'EventsTaken' });

export const beaconPath = z.strictObject({ token: tokenSchema });

const once = (values: z.ZodString, description: string) => values.meta({ description });
export const linkQuery = z.object({
  u: once(
    z
      .string({ error: 'must be given' })
      .regex(/^[!-~]{1,2048}$/, { error: 'must be an address of a click_url' }),
    'Where the click leads.',
  ),
  s: once(
    z
      .string({ error: 'must be given' })
      .regex(/^[\w-]{22}$/, { error: 'must be the signature of a click_url' }),
    'The signature of ad and address.',
  ),
});

const exact = z.number().meta({
  description: 'Exact, also beyond 2^53: read it as a big integer.',
  override: { type: 'integer', format: 'int64', minimum: 0 },
});

const paceStates = ['waiting', 'done', 'over', 'behind', 'on_plan'] as const;

const numbers = {
  impressions: exact,
  clicks: exact,
  ctr: z.number().min(0).nullable().meta({
    description: 'Clicks for each impression, to six decimals; null without impressions.',
  }),
  not_counted: z
    .strictObject({
      duplicate: exact,
      late: exact,
      invalid: z.strictObject(
        Object.fromEntries(invalidReasons.map((reason) => [reason.replaceAll('-', '_'), exact])),
      ),
    })
    .meta({ description: 'Reports that were accepted and are in neither number.' }),
  goal: adSchema.shape.goal,
  remaining: count.optional().meta({
    description: 'Impressions that are left of the `total` of the goal; absent without one.',
  }),
  today: z
    .strictObject({
      date: z.string().meta({ format: 'date', description: 'In the `timezone` of the goal.' }),
      impressions: count,
      remaining: count,
    })
    .optional()
    .meta({ description: 'What was counted today of a `daily` goal, while the ad runs.' }),
  rights: z
    .strictObject({
      out: count.meta({ description: 'Those whose impressions have neither been seen nor given up.' }),
      returned: count.meta({
        description: 'Those that came back since the goal was set, because nobody saw what they were for.',
      }),
    })
    .optional()
    .meta({ description: 'Each decision for an ad with a goal spends a right. Only of an ad with a goal.' }),
  pace: z
    .strictObject({
      planned: count.meta({ description: 'Impressions that the plan has by now.' }),
      ratio: z.number().min(0).nullable().meta({
        description: 'Those counted for each one planned, to six decimals; null if none is planned yet.',
      }),
      state: z.enum(paceStates).meta({
        description:
          '`waiting`: it has not started. `done`: its goal is reached. `over`: it has ended before that. `behind`: its plan is ahead by more than 8 impressions and more than 1 % of the goal.',
      }),
    })
    .optional()
    .meta({
      description:
        'Against a straight line from its start to shortly before its end: of today with a `daily` goal, in all without one, and after its end.',
    }),
};

export const deliverySchema = z
  .strictObject({
    id: z.guid(),
    ...numbers,
    bucket: z.enum(seriesLevels),
    from: instantOut.meta({
      description: 'The start of the first bucket; later than requested if older buckets have expired.',
    }),
    to: instantOut.meta({ description: 'The end of the last bucket.' }),
    points: z
      .array(
        z.strictObject({
          ...{ at: instantOut, impressions: exact, clicks: exact },
          planned: count.optional().meta({
            description:
              'Impressions that the present goal plans for this bucket, if its `pacing` is `even`; absent otherwise.',
          }),
        }),
      )
      .meta({ description: 'Every bucket of the range, by its start (UTC).' }),
  })
  .meta({ id: 'Delivery', description: 'What was counted of an ad.' });

export const campaignDeliverySchema = z
  .strictObject({
    campaign_id: z.string(),
    ads: z
      .array(z.strictObject({ id: z.guid(), title: z.string(), ...numbers }))
      .max(campaignsPageMax)
      .meta({
        description: 'Its live ads, by id; or those that have ended, the newest end first.',
      }),
    next_cursor: z.string().nullable().meta({
      description: 'The `cursor` of the next page; null: this was the last page.',
    }),
  })
  .meta({ id: 'CampaignDelivery' });
