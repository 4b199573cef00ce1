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
const check2: Check = {
  type: 'string',
  minLength: 5,
  maxLength: 100,
  pattern: /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$/u,
  hint: 'must not contain control characters',
};
const check3: Check = {
  type: 'string',
  minLength: 1,
  maxLength: 10000,
  pattern: /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$/u,
  hint: 'must not contain control characters',
};
const check4: Check = {
  type: 'string',
  pattern:
    /^(?:19[7-9][0-9]|[2-9][0-9]{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,18})?)?(?:[Zz]| UTC| ?[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)(?:\[[A-Za-z0-9_+/-]{1,40}\])?|[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,18})? [+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])? (?:[A-Za-z]{1,6}|[+-][0-9]{2,4})(?: m=[+-][0-9]{1,12}[.][0-9]{1,9})?| (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,18})?)$/u,
  hint: 'must be text such as 2026-01-31T09:30:00Z',
};
const check5: Check = { type: ['integer', 'null'], minimum: 1, maximum: 120 };
const check6: Check = { type: ['array', 'null'], maxItems: 2, items: { type: 'string', enum: genders } };
const check7: Check = { type: ['array', 'null'], maxItems: 249, items: { type: 'string', enum: countries } };
const check8: Check = { type: ['array', 'null'], maxItems: 3, items: { type: 'string', enum: platforms } };
const check9: Check = {
  type: ['string', 'null'],
  minLength: 1,
  maxLength: 128,
  pattern: /^[^\u0000-\u001f\u007f-\u009f]*$/u,
  hint: 'must not contain control characters',
};
const check10: Check = { type: ['string', 'null'], enum: ['active', 'paused'] };
const check11: Check = { type: ['integer', 'null'], minimum: 1, maximum: 16 };
const check12: Check = { type: ['integer', 'null'], minimum: 1, maximum: 100 };
const check13: Check = {
  type: ['string', 'null'],
  minLength: 9,
  maxLength: 2048,
  pattern: /^https:\/\/[^\s\u0000-\u001f\u007f-\u009f]+$/u,
  hint: 'must be text such as https://shop.example/tea?from=ad',
};
const check14: Check = { type: ['integer', 'null'], minimum: 1, maximum: 10000 };
const check15: Check = {
  type: ['string', 'null'],
  minLength: 1,
  maxLength: 64,
  pattern: /^[^\u0000-\u001f\u007f-\u009f]*$/u,
  hint: 'must not contain control characters',
};
const check16: Check = {
  type: 'object',
  required: ['title', 'content', 'start_at', 'end_at'],
  properties: {
    title: check2,
    content: check3,
    start_at: check4,
    end_at: check4,
    age_start: check5,
    age_end: check5,
    gender: check6,
    country: check7,
    platform: check8,
    external_id: check9,
    status: check10,
    priority: check11,
    weight: check12,
    click_url: check13,
    image_url: check13,
    width: check14,
    height: check14,
    campaign_id: check15,
    metadata: { type: ['object', 'null'] },
  },
};
const check17: Check = {
  type: 'string',
  pattern: /^(?:0{0,13}(?:[1-9][0-9]?|1[01][0-9]|120)|unknown)$/u,
  hint: 'must be plain decimal digits, from 1 to 120, or unknown',
};
const check18: Check = {
  type: 'string',
  pattern: /^(?:[A-Z]{2}|T1|unknown)$/u,
  hint: 'must be two upper-case letters, T1 or unknown',
};
const check19: Check = { type: 'string', enum: ['android', 'ios', 'web', 'unknown'] };
const check20: Check = { type: 'integer', minimum: 0, maximum: 999999999 };
const check21: Check = {
  type: 'string',
  pattern: /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/u,
  hint: 'must be a UUID',
};
const check22: Check = {
  type: 'object',
  properties: {
    title: check2,
    content: check3,
    start_at: check4,
    end_at: check4,
    age_start: check5,
    age_end: check5,
    gender: check6,
    country: check7,
    platform: check8,
    external_id: check9,
    status: check10,
    priority: check11,
    weight: check12,
    click_url: check13,
    image_url: check13,
    width: check14,
    height: check14,
    campaign_id: check15,
    metadata: { type: ['object', 'null'] },
  },
};
const check23: Check = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  pattern: /^[^\u0000-\u001f\u007f-\u009f]*$/u,
  hint: 'must not contain control characters',
};
const check24: Check = {
  type: 'object',
  required: ['title', 'content', 'start_at', 'end_at', 'external_id'],
  properties: {
    title: check2,
    content: check3,
    start_at: check4,
    end_at: check4,
    age_start: check5,
    age_end: check5,
    gender: check6,
    country: check7,
    platform: check8,
    external_id: check23,
    status: check10,
    priority: check11,
    weight: check12,
    click_url: check13,
    image_url: check13,
    width: check14,
    height: check14,
    campaign_id: check15,
    metadata: { type: ['object', 'null'] },
  },
};
const check25: Check = { type: 'array', minItems: 1, maxItems: 500, items: check24 };
const check26: Check = { type: 'object', required: ['ads'], properties: { ads: check25 } };
const check27: Check = { type: 'string', enum: ['scheduled', 'active', 'paused', 'ended'] };
const check28: Check = {
  type: 'string',
  minLength: 1,
  maxLength: 100,
  pattern: /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$/u,
  hint: 'must not contain control characters',
};
const check29: Check = {
  type: 'string',
  minLength: 1,
  maxLength: 64,
  pattern: /^[^\u0000-\u001f\u007f-\u009f]*$/u,
  hint: 'must not contain control characters',
};
const check30: Check = {
  type: 'string',
  minLength: 1,
  maxLength: 256,
  pattern: /^[^\u0000-\u001f\u007f-\u009f]*$/u,
  hint: 'must not contain control characters',
};
const check31: Check = {
  type: ['integer', 'string'],
  minimum: 1,
  maximum: 120,
  pattern: /^unknown$/u,
  hint: 'must be The age of the person',
};
const check32: Check = { type: 'string', pattern: /^(?:[A-Z]{2}|T1|unknown)$/u, hint: 'must be The country' };
const check33: Check = {
  type: 'string',
  pattern: /^[!-~]{1,64}$/u,
  hint: 'must be text such as article/top',
};
const check34: Check = {
  type: 'object',
  required: ['id'],
  properties: { id: check33, count: { type: 'integer', minimum: 1, maximum: 10 } },
};
const check35: Check = { type: 'array', minItems: 1, maxItems: 10, items: check34 };
const check36: Check = {
  type: 'object',
  properties: {
    ads: { type: 'array', maxItems: 100, items: check21 },
    campaigns: { type: 'array', maxItems: 100, items: check29 },
  },
};
const check37: Check = {
  type: 'object',
  required: ['placements'],
  properties: {
    user: check30,
    age: check31,
    country: check32,
    gender: { type: 'string', enum: ['M', 'F', 'unknown'] },
    platform: check19,
    placements: check35,
    exclude: check36,
    count: { type: 'string', enum: ['beacon', 'served'] },
  },
};
const check38: Check = {
  type: 'object',
  required: ['placements'],
  properties: {
    user: check30,
    age: check31,
    country: check32,
    gender: { type: 'string', enum: ['M', 'F', 'unknown'] },
    platform: check19,
    placements: check35,
    exclude: check36,
    ad: check21,
  },
};
const check39: Check = {
  type: 'string',
  pattern: /^[\w-]{1,200}$/u,
  hint: 'must be The token of a decision.',
};
const check40: Check = {
  type: 'object',
  required: ['token', 'type'],
  properties: { token: check39, type: { type: 'string', enum: ['impression', 'click'] } },
};
const check41: Check = { type: 'array', minItems: 1, maxItems: 500, items: check40 };
const check42: Check = { type: 'object', required: ['events'], properties: { events: check41 } };
const check43: Check = { type: 'integer', minimum: 1, maximum: 9007199254740991 };
const check44: Check = {
  type: 'object',
  required: ['key', 'value'],
  properties: { key: check30, value: check43 },
};
const check45: Check = { type: 'array', minItems: 1, maxItems: 500, items: check44 };
const check46: Check = { type: 'object', required: ['increments'], properties: { increments: check45 } };
const check47: Check = { type: 'array', minItems: 1, maxItems: 100, items: check30 };
const check48: Check = { type: 'array', minItems: 1, maxItems: 50, items: check30 };
const check49: Check = {
  type: 'string',
  pattern: /^(?:ad-events|increments)\/[0-9a-z]{1,16}\/[0-9a-zA-Z_.-]{1,128}\/[0-9]{1,129}$/u,
  hint: 'must have the form ^(?:ad-events|increments)\\/[0-9a-z]{1,16}\\/[0-9a-zA-Z_.-]{1,128}\\/[0-9]{1,129}$',
};
const check50: Check = { type: 'array', minItems: 1, maxItems: 20, items: check49 };
const check51: Check = { type: 'object', required: ['ids'], properties: { ids: check50 } };
const check52: Check = {
  type: 'string',
  pattern:
    /^(?:2[0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|2(?:[0-9](?:0[48]|[2468][048]|[13579][26])|[048]00)-02-29)$/u,
  hint: 'must be text such as 2026-07-01',
};

/** What the API's document says about the inputs of each call. */
export const checks: Readonly<Record<keyof Calls, InputChecks>> = {
  createAd: { parameters: { idempotencyKey: check1 }, required: [], body: check16 },
  queryAds: {
    parameters: {
      age: check17,
      country: check18,
      gender: { type: 'string', enum: ['M', 'F', 'unknown'] },
      platform: check19,
      offset: check20,
      limit: { type: 'integer', minimum: 1, maximum: 100 },
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: [],
  },
  explainAds: {
    parameters: {
      age: check17,
      country: check18,
      gender: { type: 'string', enum: ['M', 'F', 'unknown'] },
      platform: check19,
      at: check4,
      id: check21,
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: [],
  },
  getAd: {
    parameters: {
      id: check21,
      include: { type: 'string', enum: ['ended'] },
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: ['id'],
  },
  updateAd: { parameters: { id: check21, idempotencyKey: check1 }, required: ['id'], body: check22 },
  deleteAd: { parameters: { id: check21 }, required: ['id'] },
  importAds: { parameters: { idempotencyKey: check1 }, required: [], body: check26 },
  listAds: {
    parameters: {
      cursor: { type: 'string', minLength: 1, maxLength: 100 },
      limit: { type: 'integer', minimum: 1, maximum: 100 },
      status: check27,
      country: check18,
      title: check28,
      external_id: check23,
      campaign_id: check29,
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: [],
  },
  decide: { parameters: { idempotencyKey: check1 }, required: [], body: check37 },
  explainDecision: { parameters: {}, required: [], body: check38 },
  trackEvents: { parameters: {}, required: [], body: check42 },
  getAdDelivery: {
    parameters: {
      id: check21,
      bucket: { type: 'string', enum: ['minute', 'hour', 'day'] },
      from: check4,
      to: check4,
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: ['id', 'bucket'],
  },
  getCampaignDelivery: {
    parameters: {
      campaign_id: check29,
      cursor: { type: 'string', minLength: 1, maxLength: 100 },
      limit: { type: 'integer', minimum: 1, maximum: 50 },
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: ['campaign_id'],
  },
  increment: {
    parameters: { mode: { type: 'string', enum: ['eventual', 'sync'] }, idempotencyKey: check1 },
    required: [],
    body: check44,
  },
  getTotal: {
    parameters: { key: check30, consistency: { type: 'string', enum: ['strong', 'eventual'] } },
    required: ['key'],
  },
  incrementMany: { parameters: { idempotencyKey: check1 }, required: [], body: check46 },
  getCounter: {
    parameters: { key: check30, consistency: { type: 'string', enum: ['strong', 'eventual'] } },
    required: ['key'],
  },
  getCounterSeries: {
    parameters: {
      key: check30,
      bucket: { type: 'string', enum: ['minute', 'hour', 'day'] },
      from: check4,
      to: check4,
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: ['key', 'bucket'],
  },
  getCounters: {
    parameters: {
      key: check47,
      top: { type: 'integer', minimum: 1, maximum: 100 },
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: [],
  },
  getSeries: {
    parameters: {
      key: check48,
      bucket: { type: 'string', enum: ['minute', 'hour', 'day'] },
      from: check4,
      to: check4,
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
  redriveQuarantine: { parameters: {}, required: [], body: check51 },
  getUsage: { parameters: { days: { type: 'integer', minimum: 1, maximum: 31 }, to: check52 }, required: [] },
  listCallers: {
    parameters: {
      day: check52,
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
