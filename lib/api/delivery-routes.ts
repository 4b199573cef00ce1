import { adExample } from './ad-examples.ts';
import {
  beaconPath,
  campaignDeliverySchema,
  decisionExplanationSchema,
  decisionsBody,
  decisionsSchema,
  deliverySchema,
  eventsBody,
  eventsTakenSchema,
  explainDecisionBody,
  linkQuery,
} from './delivery-schemas.ts';
import { adPath, campaignDeliveryQuery, noPath, noQuery, seriesQuery } from './request/query-schemas.ts';
import type { Route } from './route.ts';

const json = ['application/json'] as const;

const tokenExample =
  'AQAAAAEBm3rQAHAAgAAAAAAAAAAqAAAAAAcXbwCxyNfyf1bSzYH3bhILYXJ0aWNsZS90b3D1Zk0m5K8T0pBxYc1uL2hK';
const beacon = `https://ads.example/t/i/${tokenExample}`;
const link = `https://ads.example/t/c/${tokenExample}?u=https%3A%2F%2Fshop.example%2F&s=mP3xV0c2Qk1uW5sJ8yZ7Tg`;

const numbersExample = {
  impressions: 1200,
  clicks: 6,
  ctr: 0.005,
  not_counted: { duplicate: 3, late: 0, invalid: { bot: 40, prefetch: 2, no_user_agent: 0 } },
} as const;

const catalogHeaders = ['Cache-Control', 'Catalog-Version', 'Catalog-Stale-Ms', 'Consistency-Token'] as const;

const beaconProblems = ['decision-expired', 'delivery-off', 'log-unavailable', 'state-unavailable'] as const;

const impression = {
  path: '/t/i/{token}',
  functionName: 'track-ads',
  scope: 'none',
  tag: 'Delivery',
  pathParameters: beaconPath,
  query: 'any',
  headers: [],
  problems: beaconProblems,
} as const;

export const deliveryRoutes = {
  decide: {
    operationId: 'decide',
    method: 'POST',
    path: '/api/v1/decisions',
    functionName: 'decide-ads',
    scope: 'ads:decide',
    tag: 'Delivery',
    summary: 'Decide which ads to show',
    description:
      'Draws ads for your placements from those that match the person: the first priority with ads left, and there by weight. No ad comes twice, and of each campaign one at most. Ads with a `frequency` count for the `user` with this answer, whether or not they are seen. `user`, `count: served` and an Idempotency-Key need a token with the scope `ads:decide`; stages with `delivery.plainDecisions` answer everything else without one. With `count: served` and without an Idempotency-Key, impressions of a request that was answered 503 may have been counted.',
    pathParameters: noPath,
    query: noQuery,
    headers: ['Idempotency-Key', 'Consistency-Token'],
    body: {
      schema: decisionsBody,
      mediaTypes: json,
      examples: {
        article: { age: 24, country: 'TW', platform: 'ios', placements: [{ id: 'article/top', count: 1 }] },
      },
    },
    answers: {
      200: {
        description: 'The ads for each placement.',
        headers: [...catalogHeaders, 'Delivery-Degraded', 'Idempotent-Replayed'],
        body: decisionsSchema,
        example: {
          decisions: [
            {
              placement: 'article/top',
              ads: [
                {
                  ...adExample,
                  decision: {
                    token: tokenExample,
                    expires_at: '2026-07-01T12:11:00.000Z',
                    impression_url: beacon,
                    click_url: link,
                  },
                },
              ],
            },
          ],
        },
      },
    },
    problems: [
      'malformed-json',
      'unsupported-media-type',
      'idempotency-key-reused',
      'delivery-off',
      'not-caught-up',
      'log-unavailable',
      'state-unavailable',
    ],
  },
  explainDecision: {
    operationId: 'explainDecision',
    method: 'POST',
    path: '/api/v1/decisions/explain',
    functionName: 'decide-ads',
    scope: 'ads:read',
    tag: 'Delivery',
    summary: 'Explain a decision',
    description:
      'Shows how many ads of each priority match, and how many of them are paused, excluded, capped or drawn from; and why an ad is not chosen. Of ads with a `goal` also how many are done or wait, and until when; another server may still have rights in hand. That needs a token, unless the server needs none. It decides nothing, and evaluates every ad.',
    pathParameters: noPath,
    query: noQuery,
    headers: ['Consistency-Token'],
    body: {
      schema: explainDecisionBody,
      mediaTypes: json,
      examples: { article: { country: 'TW', placements: [{ id: 'article/top' }], ad: adExample.id } },
    },
    answers: {
      200: {
        description: 'The explanation.',
        headers: catalogHeaders,
        body: decisionExplanationSchema,
        example: {
          at: '2026-07-01T12:00:00.000Z',
          live: 2,
          priorities: [
            {
              ...{ priority: 8, matched: 2, paused: 0, excluded_ads: 1, excluded_campaigns: 0 },
              ...{ capped: 0, ready: 1 },
            },
          ],
          ad: { id: adExample.id, excluded_by: null },
        },
      },
    },
    problems: ['malformed-json', 'unsupported-media-type', 'not-caught-up', 'state-unavailable'],
  },
  showPixel: {
    ...impression,
    operationId: 'showPixel',
    method: 'GET',
    summary: 'Report an impression by a picture',
    description:
      'The `impression_url` of a decision, as a picture of one pixel. Sent twice, it counts once. HEAD counts nothing. The query is ignored. Declared robots, prefetches and clients without a user agent are answered alike, and reported apart.',
    answers: {
      200: { description: 'The picture.', headers: ['Cache-Control'], mediaType: 'image/svg+xml' },
    },
  },
  sendBeacon: {
    ...impression,
    operationId: 'sendBeacon',
    method: 'POST',
    summary: 'Report an impression by a beacon',
    description: 'The same for `navigator.sendBeacon(impression_url)`. The body is ignored.',
    answers: { 204: { description: 'Reported.', headers: ['Cache-Control'] } },
  },
  followClick: {
    operationId: 'followClick',
    method: 'GET',
    path: '/t/c/{token}',
    functionName: 'track-ads',
    scope: 'none',
    tag: 'Delivery',
    summary: 'Report a click and go on',
    description:
      'The `click_url` of a decision: redirects to the address of its ad that was signed with it, and to no other. It also redirects when the click is too old to count, or could not be counted. Other parameters are ignored.',
    pathParameters: beaconPath,
    query: linkQuery,
    ignoresOthers: true,
    headers: [],
    answers: { 302: { description: 'The address.', headers: ['Location', 'Cache-Control'] } },
    problems: ['decision-expired', 'state-unavailable'],
  },
  trackEvents: {
    operationId: 'trackEvents',
    method: 'POST',
    path: '/api/v1/events',
    functionName: 'track-ads',
    scope: 'ads:decide',
    tag: 'Delivery',
    summary: 'Report impressions and clicks',
    description:
      'Reports events of up to 500 decisions, from a server or an app. Each counts once, however often it is sent: after a 207 or 503 send the failed ones again. Stages with `delivery.plainDecisions` need no token.',
    pathParameters: noPath,
    query: noQuery,
    headers: [],
    body: {
      schema: eventsBody,
      mediaTypes: json,
      examples: { seen: { events: [{ token: tokenExample, type: 'impression' }] } },
    },
    answers: {
      202: {
        description: 'All that can count are logged; counted within seconds.',
        headers: ['Consistency-Token'],
        body: eventsTakenSchema,
        example: { accepted: 1, rejected: [] },
      },
      207: {
        description: 'Only some are logged.',
        headers: ['Consistency-Token', 'Retry-After'],
        body: eventsTakenSchema,
        example: { accepted: 1, rejected: [], failed: [{ index: 1, ambiguous: false }] },
      },
    },
    problems: [
      'malformed-json',
      'unsupported-media-type',
      'delivery-off',
      'log-unavailable',
      'state-unavailable',
    ],
  },
  getAdDelivery: {
    operationId: 'getAdDelivery',
    method: 'GET',
    path: '/api/v1/ad/{id}/delivery',
    functionName: 'decide-ads',
    scope: 'counters:read',
    tag: 'Delivery',
    summary: 'Read what was counted of an ad',
    description:
      'Impressions and clicks, in all and over time, also of an ad that has ended. An ad that nothing was reported of has zeros; so has an id that no ad has. Of an ad with a `goal` also how far it is, as long as the ad is kept.',
    pathParameters: adPath,
    query: seriesQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'The numbers.',
        headers: ['Cache-Control'],
        body: deliverySchema,
        example: {
          ...{ id: adExample.id, ...numbersExample, bucket: 'day' },
          ...{ from: '2026-07-01T00:00:00.000Z', to: '2026-07-02T00:00:00.000Z' },
          points: [{ at: '2026-07-01T00:00:00.000Z', impressions: 1200, clicks: 6 }],
        },
      },
    },
    problems: ['not-caught-up', 'state-unavailable'],
  },
  getCampaignDelivery: {
    operationId: 'getCampaignDelivery',
    method: 'GET',
    path: '/api/v1/delivery',
    functionName: 'decide-ads',
    scope: 'counters:read',
    tag: 'Delivery',
    summary: "Read what was counted of a campaign's ads",
    description:
      'The live ads of a campaign, page by page, each with its numbers. With `status=ended` the ads that have ended instead, the newest end first, as long as the stage keeps them (90 days unless it was changed); such a page may have fewer ads than `limit`, or none, and still a `next_cursor`.',
    pathParameters: noPath,
    query: campaignDeliveryQuery,
    headers: ['Consistency-Token'],
    answers: {
      200: {
        description: 'One page.',
        headers: ['Cache-Control'],
        body: campaignDeliverySchema,
        example: {
          campaign_id: 'summer',
          ads: [{ id: adExample.id, title: adExample.title, ...numbersExample }],
          next_cursor: null,
        },
      },
    },
    problems: ['not-caught-up', 'state-unavailable'],
  },
} as const satisfies Readonly<Record<string, Route>>;
