// Generated from the OpenAPI document by `npm run client:generate`: do not edit.
/* eslint-disable no-control-regex, no-useless-escape -- the patterns of the document */
import type { Check, InputChecks } from '../check/check.ts';
import type { Calls } from './calls.ts';
import { countries, genders, platforms } from './enums.ts';

const check1: Check = {
  type: 'string',
  pattern: /^(?:[!#-~][!-~]{0,254}|"(?:[!#-\[\]-~]|\\["\\]){1,255}")$/u,
  hint: 'must be 1 to 255 visible ASCII characters, quoted or not',
};
const check2: RegExp = /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$/u;
const check3: string = 'must not contain control characters';
const check4: Check = { type: 'string', minLength: 5, maxLength: 100, pattern: check2, hint: check3 };
const check5: Check = { type: 'string', minLength: 1, maxLength: 10000, pattern: check2, hint: check3 };
const check6: Check = {
  type: 'string',
  pattern:
    /^(?:19[7-9][0-9]|[2-9][0-9]{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,18})?)?(?:[Zz]| UTC| ?[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)(?:\[[A-Za-z0-9_+/-]{1,40}\])?|[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,18})? [+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])? (?:[A-Za-z]{1,6}|[+-][0-9]{2,4})(?: m=[+-][0-9]{1,12}[.][0-9]{1,9})?| (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,18})?)$/u,
  hint: 'must be text such as 2026-01-31T09:30:00Z',
};
const check7: Check = { type: ['integer', 'null'], minimum: 1, maximum: 120 };
const check8: Check = { type: ['array', 'null'], maxItems: 2, items: { type: 'string', enum: genders } };
const check9: Check = { type: ['array', 'null'], maxItems: 249, items: { type: 'string', enum: countries } };
const check10: Check = { type: ['array', 'null'], maxItems: 3, items: { type: 'string', enum: platforms } };
const check11: RegExp = /^[^\u0000-\u001f\u007f-\u009f]*$/u;
const check12: Check = {
  type: ['string', 'null'],
  minLength: 1,
  maxLength: 128,
  pattern: check11,
  hint: check3,
};
const check13: Check = { type: ['string', 'null'], enum: ['active', 'paused'] };
const check14: Check = { type: ['integer', 'null'], minimum: 1, maximum: 16 };
const check15: Check = { type: ['integer', 'null'], minimum: 1, maximum: 100 };
const check16: Check = {
  type: ['string', 'null'],
  minLength: 9,
  maxLength: 2048,
  pattern: /^https:\/\/[^\s\u0000-\u001f\u007f-\u009f]+$/u,
  hint: 'must be text such as https://shop.example/tea?from=ad',
};
const check17: Check = { type: ['integer', 'null'], minimum: 1, maximum: 10000 };
const check18: Check = {
  type: ['string', 'null'],
  minLength: 1,
  maxLength: 64,
  pattern: check11,
  hint: check3,
};
const check19: Check = { type: 'integer', minimum: 1, maximum: 1000000000 };
const check20: Check = { type: 'object', properties: { total: check19, daily: check19 } };
const check21: Check = {
  type: 'string',
  maxLength: 64,
  pattern: /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/u,
  hint: 'must have the form ^[A-Za-z][A-Za-z0-9_+-]*(?:\\/[A-Za-z0-9_+-]+)*$',
};
const check22: NonNullable<Check['properties']> = {
  impressions: check20,
  pacing: { type: 'string', enum: ['even', 'asap'] },
  timezone: check21,
};
const check23: Check = { type: ['object', 'null'], required: ['impressions', 'pacing'], properties: check22 };
const check24: Check = {
  type: 'string',
  pattern: /^(?:PT([1-9]\d{0,4})([MH])|P([1-9]\d?)D)$/u,
  hint: 'must be text such as P1D',
};
const check25: NonNullable<Check['properties']> = {
  max: { type: 'integer', minimum: 1, maximum: 100 },
  per: check24,
  scope: { type: 'string', enum: ['ad', 'campaign'] },
  anonymous: { type: 'string', enum: ['skip', 'serve'] },
};
const check26: Check = { type: ['object', 'null'], required: ['max', 'per', 'scope'], properties: check25 };
const check27: NonNullable<Check['properties']> = {
  title: check4,
  content: check5,
  start_at: check6,
  end_at: check6,
  age_start: check7,
  age_end: check7,
  gender: check8,
  country: check9,
  platform: check10,
  external_id: check12,
  status: check13,
  priority: check14,
  weight: check15,
  click_url: check16,
  image_url: check16,
  width: check17,
  height: check17,
  campaign_id: check18,
  metadata: { type: ['object', 'null'] },
  goal: check23,
  frequency: check26,
};
const check28: Check = {
  type: 'object',
  required: ['title', 'content', 'start_at', 'end_at'],
  properties: check27,
};
const check29: Check = {
  type: 'string',
  pattern: /^(?:0{0,13}(?:[1-9][0-9]?|1[01][0-9]|120)|unknown)$/u,
  hint: 'must be plain decimal digits, from 1 to 120, or unknown',
};
const check30: Check = {
  type: 'string',
  pattern: /^(?:[A-Z]{2}|T1|unknown)$/u,
  hint: 'must be two upper-case letters, T1 or unknown',
};
const check31: Check = { type: 'string', enum: ['android', 'ios', 'web', 'unknown'] };
const check32: Check = { type: 'integer', minimum: 0, maximum: 999999999 };
const check33: Check = {
  type: 'string',
  pattern: /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/u,
  hint: 'must be a UUID',
};
const check34: Check = { type: 'string', minLength: 1, maxLength: 128, pattern: check11, hint: check3 };
const check35: NonNullable<Check['properties']> = {
  title: check4,
  content: check5,
  start_at: check6,
  end_at: check6,
  age_start: check7,
  age_end: check7,
  gender: check8,
  country: check9,
  platform: check10,
  external_id: check34,
  status: check13,
  priority: check14,
  weight: check15,
  click_url: check16,
  image_url: check16,
  width: check17,
  height: check17,
  campaign_id: check18,
  metadata: { type: ['object', 'null'] },
  goal: check23,
  frequency: check26,
};
const check36: Check = {
  type: 'object',
  required: ['title', 'content', 'start_at', 'end_at', 'external_id'],
  properties: check35,
};
const check37: Check = { type: 'array', minItems: 1, maxItems: 500, items: check36 };
const check38: Check = { type: 'object', required: ['ads'], properties: { ads: check37 } };
const check39: Check = { type: 'string', enum: ['scheduled', 'active', 'paused', 'ended'] };
const check40: Check = { type: 'string', minLength: 1, maxLength: 100, pattern: check2, hint: check3 };
const check41: Check = { type: 'string', minLength: 1, maxLength: 64, pattern: check11, hint: check3 };
const check42: Check = { type: 'string', minLength: 1, maxLength: 256, pattern: check11, hint: check3 };
const check43: Check = {
  type: ['integer', 'string'],
  minimum: 1,
  maximum: 120,
  pattern: /^unknown$/u,
  hint: 'must be The age of the person',
};
const check44: Check = { type: 'string', pattern: /^(?:[A-Z]{2}|T1|unknown)$/u, hint: 'must be The country' };
const check45: Check = {
  type: 'string',
  pattern: /^[!-~]{1,64}$/u,
  hint: 'must be text such as article/top',
};
const check46: NonNullable<Check['properties']> = {
  id: check45,
  count: { type: 'integer', minimum: 1, maximum: 10 },
};
const check47: Check = { type: 'object', required: ['id'], properties: check46 };
const check48: Check = { type: 'array', minItems: 1, maxItems: 10, items: check47 };
const check49: NonNullable<Check['properties']> = {
  ads: { type: 'array', maxItems: 100, items: check33 },
  campaigns: { type: 'array', maxItems: 100, items: check41 },
};
const check50: NonNullable<Check['properties']> = {
  user: check42,
  age: check43,
  country: check44,
  gender: { type: 'string', enum: ['M', 'F', 'unknown'] },
  platform: check31,
  placements: check48,
  exclude: { type: 'object', properties: check49 },
  count: { type: 'string', enum: ['beacon', 'served'] },
};
const check51: Check = { type: 'object', required: ['placements'], properties: check50 };
const check52: NonNullable<Check['properties']> = {
  user: check42,
  age: check43,
  country: check44,
  gender: { type: 'string', enum: ['M', 'F', 'unknown'] },
  platform: check31,
  placements: check48,
  exclude: { type: 'object', properties: check49 },
  ad: check33,
};
const check53: Check = { type: 'object', required: ['placements'], properties: check52 };
const check54: Check = {
  type: 'string',
  pattern: /^[\w-]{1,200}$/u,
  hint: 'must be The token of a decision.',
};
const check55: NonNullable<Check['properties']> = {
  token: check54,
  type: { type: 'string', enum: ['impression', 'click'] },
};
const check56: Check = { type: 'object', required: ['token', 'type'], properties: check55 };
const check57: Check = { type: 'array', minItems: 1, maxItems: 500, items: check56 };
const check58: Check = { type: 'object', required: ['events'], properties: { events: check57 } };
const check59: Check = { type: 'integer', minimum: 1, maximum: 9007199254740991 };
const check60: Check = {
  type: 'object',
  required: ['key', 'value'],
  properties: { key: check42, value: check59 },
};
const check61: Check = { type: 'array', minItems: 1, maxItems: 500, items: check60 };
const check62: Check = { type: 'object', required: ['increments'], properties: { increments: check61 } };
const check63: Check = { type: 'array', minItems: 1, maxItems: 100, items: check42 };
const check64: Check = { type: 'array', minItems: 1, maxItems: 50, items: check42 };
const check65: Check = {
  type: 'string',
  pattern: /^(?:ad-events|increments)\/[0-9a-z]{1,16}\/[0-9a-zA-Z_.-]{1,128}\/[0-9]{1,129}$/u,
  hint: 'must have the form ^(?:ad-events|increments)\\/[0-9a-z]{1,16}\\/[0-9a-zA-Z_.-]{1,128}\\/[0-9]{1,129}$',
};
const check66: Check = { type: 'array', minItems: 1, maxItems: 20, items: check65 };
const check67: Check = { type: 'object', required: ['ids'], properties: { ids: check66 } };
const check68: Check = {
  type: 'string',
  pattern:
    /^(?:2[0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|2(?:[0-9](?:0[48]|[2468][048]|[13579][26])|[048]00)-02-29)$/u,
  hint: 'must be text such as 2026-07-01',
};

/** What the API's document says about the inputs of each call. */
export const checks: Readonly<Record<keyof Calls, InputChecks>> = {
  createAd: { parameters: { idempotencyKey: check1 }, required: [], body: check28 },
  queryAds: {
    parameters: {
      age: check29,
      country: check30,
      gender: { type: 'string', enum: ['M', 'F', 'unknown'] },
      platform: check31,
      offset: check32,
      limit: { type: 'integer', minimum: 1, maximum: 100 },
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: [],
  },
  explainAds: {
    parameters: {
      age: check29,
      country: check30,
      gender: { type: 'string', enum: ['M', 'F', 'unknown'] },
      platform: check31,
      at: check6,
      id: check33,
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: [],
  },
  getAd: {
    parameters: {
      id: check33,
      include: { type: 'string', enum: ['ended'] },
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: ['id'],
  },
  updateAd: {
    parameters: { id: check33, idempotencyKey: check1 },
    required: ['id'],
    body: { type: 'object', properties: check27 },
  },
  deleteAd: { parameters: { id: check33 }, required: ['id'] },
  importAds: { parameters: { idempotencyKey: check1 }, required: [], body: check38 },
  listAds: {
    parameters: {
      cursor: { type: 'string', minLength: 1, maxLength: 100 },
      limit: { type: 'integer', minimum: 1, maximum: 100 },
      status: check39,
      country: check30,
      title: check40,
      external_id: check34,
      campaign_id: check41,
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: [],
  },
  decide: { parameters: { idempotencyKey: check1 }, required: [], body: check51 },
  explainDecision: { parameters: {}, required: [], body: check53 },
  trackEvents: { parameters: {}, required: [], body: check58 },
  getAdDelivery: {
    parameters: {
      id: check33,
      bucket: { type: 'string', enum: ['minute', 'hour', 'day'] },
      from: check6,
      to: check6,
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: ['id', 'bucket'],
  },
  getCampaignDelivery: {
    parameters: {
      campaign_id: check41,
      status: { type: 'string', enum: ['ended'] },
      cursor: { type: 'string', minLength: 1, maxLength: 100 },
      limit: { type: 'integer', minimum: 1, maximum: 50 },
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: ['campaign_id'],
  },
  increment: {
    parameters: { mode: { type: 'string', enum: ['eventual', 'sync'] }, idempotencyKey: check1 },
    required: [],
    body: check60,
  },
  getTotal: {
    parameters: { key: check42, consistency: { type: 'string', enum: ['strong', 'eventual'] } },
    required: ['key'],
  },
  incrementMany: { parameters: { idempotencyKey: check1 }, required: [], body: check62 },
  getCounter: {
    parameters: { key: check42, consistency: { type: 'string', enum: ['strong', 'eventual'] } },
    required: ['key'],
  },
  getCounterSeries: {
    parameters: {
      key: check42,
      bucket: { type: 'string', enum: ['minute', 'hour', 'day'] },
      from: check6,
      to: check6,
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: ['key', 'bucket'],
  },
  getCounters: {
    parameters: {
      key: check63,
      top: { type: 'integer', minimum: 1, maximum: 100 },
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: [],
  },
  getSeries: {
    parameters: {
      key: check64,
      bucket: { type: 'string', enum: ['minute', 'hour', 'day'] },
      from: check6,
      to: check6,
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: ['key', 'bucket'],
  },
  getHotCounters: { parameters: { limit: { type: 'integer', minimum: 1, maximum: 100 } }, required: [] },
  getStats: { parameters: {}, required: [] },
  listQuarantine: {
    parameters: {
      cursor: { type: 'string', minLength: 1, maxLength: 1000 },
      limit: { type: 'integer', minimum: 1, maximum: 50 },
    },
    required: [],
  },
  redriveQuarantine: { parameters: {}, required: [], body: check67 },
  getUsage: { parameters: { days: { type: 'integer', minimum: 1, maximum: 31 }, to: check68 }, required: [] },
  listCallers: {
    parameters: {
      day: check68,
      cursor: { type: 'string', minLength: 1, maxLength: 1342 },
      limit: { type: 'integer', minimum: 1, maximum: 100 },
    },
    required: [],
  },
  getRoot: { parameters: {}, required: [] },
  getHealth: { parameters: {}, required: [] },
  getOpenApi: { parameters: {}, required: [] },
  getDocs: { parameters: {}, required: [] },
  getConsole: { parameters: {}, required: [] },
  getIcon: { parameters: {}, required: [] },
};
