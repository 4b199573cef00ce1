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
const check5: Check = { type: ['array', 'null'], maxItems: 2, items: { type: 'string', enum: genders } };
const check6: Check = { type: ['array', 'null'], maxItems: 249, items: { type: 'string', enum: countries } };
const check7: Check = { type: ['array', 'null'], maxItems: 3, items: { type: 'string', enum: platforms } };
const check8: Check = {
  type: ['string', 'null'],
  minLength: 1,
  maxLength: 128,
  pattern: /^[^\u0000-\u001f\u007f-\u009f]*$/u,
  hint: 'must not contain control characters',
};
const check9: Check = {
  type: 'object',
  required: ['title', 'content', 'start_at', 'end_at'],
  properties: {
    title: check2,
    content: check3,
    start_at: check4,
    end_at: check4,
    age_start: { type: ['integer', 'null'], minimum: 1, maximum: 120 },
    age_end: { type: ['integer', 'null'], minimum: 1, maximum: 120 },
    gender: check5,
    country: check6,
    platform: check7,
    external_id: check8,
  },
};
const check10: Check = {
  type: 'string',
  pattern: /^(?:0{0,13}(?:[1-9][0-9]?|1[01][0-9]|120)|unknown)$/u,
  hint: 'must be plain decimal digits, from 1 to 120, or unknown',
};
const check11: Check = {
  type: 'string',
  pattern: /^(?:[A-Z]{2}|T1|unknown)$/u,
  hint: 'must be two upper-case letters, T1 or unknown',
};
const check12: Check = {
  type: 'string',
  pattern: /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/u,
  hint: 'must be a UUID',
};
const check13: Check = {
  type: 'object',
  properties: {
    title: check2,
    content: check3,
    start_at: check4,
    end_at: check4,
    age_start: { type: ['integer', 'null'], minimum: 1, maximum: 120 },
    age_end: { type: ['integer', 'null'], minimum: 1, maximum: 120 },
    gender: check5,
    country: check6,
    platform: check7,
    external_id: check8,
  },
};
const check14: Check = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  pattern: /^[^\u0000-\u001f\u007f-\u009f]*$/u,
  hint: 'must not contain control characters',
};
const check15: Check = {
  type: 'object',
  required: ['title', 'content', 'start_at', 'end_at', 'external_id'],
  properties: {
    title: check2,
    content: check3,
    start_at: check4,
    end_at: check4,
    age_start: { type: ['integer', 'null'], minimum: 1, maximum: 120 },
    age_end: { type: ['integer', 'null'], minimum: 1, maximum: 120 },
    gender: check5,
    country: check6,
    platform: check7,
    external_id: check14,
  },
};
const check16: Check = { type: 'array', minItems: 1, maxItems: 500, items: check15 };
const check17: Check = { type: 'object', required: ['ads'], properties: { ads: check16 } };
const check18: Check = {
  type: 'string',
  minLength: 1,
  maxLength: 100,
  pattern: /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$/u,
  hint: 'must not contain control characters',
};
const check19: Check = {
  type: 'string',
  minLength: 1,
  maxLength: 256,
  pattern: /^[^\u0000-\u001f\u007f-\u009f]*$/u,
  hint: 'must not contain control characters',
};
const check20: Check = {
  type: 'object',
  required: ['key', 'value'],
  properties: { key: check19, value: { type: 'integer', minimum: 1, maximum: 9007199254740991 } },
};
const check21: Check = { type: 'array', minItems: 1, maxItems: 500, items: check20 };
const check22: Check = { type: 'object', required: ['increments'], properties: { increments: check21 } };
const check23: Check = { type: 'array', minItems: 1, maxItems: 100, items: check19 };
const check24: Check = { type: 'array', minItems: 1, maxItems: 50, items: check19 };
const check25: Check = {
  type: 'string',
  pattern: /^(?:ad-events|increments)\/[0-9a-z]{1,16}\/[0-9a-zA-Z_.-]{1,128}\/[0-9]{1,129}$/u,
  hint: 'must have the form ^(?:ad-events|increments)\\/[0-9a-z]{1,16}\\/[0-9a-zA-Z_.-]{1,128}\\/[0-9]{1,129}$',
};
const check26: Check = { type: 'array', minItems: 1, maxItems: 20, items: check25 };
const check27: Check = { type: 'object', required: ['ids'], properties: { ids: check26 } };
const check28: Check = {
  type: 'string',
  pattern:
    /^(?:2[0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|2(?:[0-9](?:0[48]|[2468][048]|[13579][26])|[048]00)-02-29)$/u,
  hint: 'must be text such as 2026-07-01',
};

/** What the API's document says about the inputs of each call. */
export const checks: Readonly<Record<keyof Calls, InputChecks>> = {
  createAd: { parameters: { idempotencyKey: check1 }, required: [], body: check9 },
  queryAds: {
    parameters: {
      age: check10,
      country: check11,
      gender: { type: 'string', enum: ['M', 'F', 'unknown'] },
      platform: { type: 'string', enum: ['android', 'ios', 'web', 'unknown'] },
      offset: { type: 'integer', minimum: 0, maximum: 999999999 },
      limit: { type: 'integer', minimum: 1, maximum: 100 },
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: [],
  },
  explainAds: {
    parameters: {
      age: check10,
      country: check11,
      gender: { type: 'string', enum: ['M', 'F', 'unknown'] },
      platform: { type: 'string', enum: ['android', 'ios', 'web', 'unknown'] },
      at: check4,
      id: check12,
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: [],
  },
  getAd: {
    parameters: {
      id: check12,
      include: { type: 'string', enum: ['ended'] },
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: ['id'],
  },
  updateAd: { parameters: { id: check12, idempotencyKey: check1 }, required: ['id'], body: check13 },
  deleteAd: { parameters: { id: check12 }, required: ['id'] },
  importAds: { parameters: { idempotencyKey: check1 }, required: [], body: check17 },
  listAds: {
    parameters: {
      cursor: { type: 'string', minLength: 1, maxLength: 100 },
      limit: { type: 'integer', minimum: 1, maximum: 100 },
      status: { type: 'string', enum: ['scheduled', 'active', 'ended'] },
      country: check11,
      title: check18,
      external_id: check14,
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: [],
  },
  increment: {
    parameters: { mode: { type: 'string', enum: ['eventual', 'sync'] }, idempotencyKey: check1 },
    required: [],
    body: check20,
  },
  getTotal: {
    parameters: { key: check19, consistency: { type: 'string', enum: ['strong', 'eventual'] } },
    required: ['key'],
  },
  incrementMany: { parameters: { idempotencyKey: check1 }, required: [], body: check22 },
  getCounter: {
    parameters: { key: check19, consistency: { type: 'string', enum: ['strong', 'eventual'] } },
    required: ['key'],
  },
  getCounterSeries: {
    parameters: {
      key: check19,
      bucket: { type: 'string', enum: ['minute', 'hour', 'day'] },
      from: check4,
      to: check4,
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: ['key', 'bucket'],
  },
  getCounters: {
    parameters: {
      key: check23,
      top: { type: 'integer', minimum: 1, maximum: 100 },
      consistency: { type: 'string', enum: ['strong', 'eventual'] },
    },
    required: [],
  },
  getSeries: {
    parameters: {
      key: check24,
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
  redriveQuarantine: { parameters: {}, required: [], body: check27 },
  getUsage: { parameters: { days: { type: 'integer', minimum: 1, maximum: 31 }, to: check28 }, required: [] },
  listCallers: {
    parameters: {
      day: check28,
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
