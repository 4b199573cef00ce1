import { tokensPerRequestMax } from '../../core/consistency-token.ts';
import { bucketsPerAnswerMax, pointsPerAnswerMax } from '../../app/counters/series-reader.ts';
import { incrementsPerRequestMax, keysPerReadMax, seriesPerReadMax } from '../counter-schemas.ts';
import { counterKeyCharactersMax } from '../../core/counters/counter-key.ts';
import { apiGatewayHeadBytesMax, headerSectionBytesMax, targetBytesMax } from '../request/http-limits.ts';
import { bodyBytesMax, jsonDepthMax } from '../request/json-body.ts';
import { waitSecondsMax } from '../request/prefer.ts';
import { adsPerPageMax } from '../request/query-schemas.ts';
import { callersPerPageMax, usageDaysMax } from '../usage-schemas.ts';
import { usageKeptDays } from '../../core/counters/usage-key.ts';

const kib = (bytes: number): string => `${bytes / 1024} KiB`;
const kb = (bytes: number): string => `${Math.floor(bytes / 1000)} KB`;

/** What a caller may send and expect, by what is limited. */
const limits: readonly (readonly [string, string])[] = [
  ['body', `${kib(bodyBytesMax)}, after gzip is decoded; JSON of ${jsonDepthMax} levels`],
  ['path and query', `${kib(targetBytesMax)}, else 414; ${keysPerReadMax} keys fit in any encoding`],
  [
    'header lines',
    `${kib(headerSectionBytesMax)}, else 431; on AWS ${kb(apiGatewayHeadBytesMax)} with the request line`,
  ],
  ['increments in a batch', String(incrementsPerRequestMax)],
  ['increment', 'an integer from 1 to 9,007,199,254,740,991; totals have up to 38 digits'],
  ['counter key', `1 to ${counterKeyCharactersMax} characters, no control characters`],
  ['keys in one read', String(keysPerReadMax)],
  [
    'series in one read',
    `${seriesPerReadMax} keys, ${bucketsPerAnswerMax.toLocaleString('en')} buckets of each, ${pointsPerAnswerMax.toLocaleString('en')} in all`,
  ],
  ['page of ads', `1 to ${adsPerPageMax}`],
  ['ad', 'a title of 5 to 100 characters, content of 1 to 10,000'],
  ['ad changes', '1,000 a second and 1 MB/s; live ads and their bytes are limited by the stage (507)'],
  ['Idempotency-Key', 'is remembered for 24 hours'],
  ['consistency tokens', `${tokensPerRequestMax} on a read; 10 in the header of a batch, 4,096 characters`],
  ['a read that waits for its token', '2 s, then 503 `not-caught-up`'],
  ['`Prefer: wait`', `${waitSecondsMax} s`],
  ['stale ads while the store fails', 'for 60 s, then 503'],
  ['logs, quarantine', 'kept for 7 days, 30 days; in dev the logs for one day'],
  [
    'usage',
    `of ${usageDaysMax} days or ${callersPerPageMax} callers in one read; kept for ${usageKeptDays} days`,
  ],
  ['calls with one token', 'a burst of 1,000, then 200 a second; a 429 says when to send again'],
];

/** The limits as a list in Markdown: part of the document's description. */
export const limitsText = `Limits:

${limits.map(([what, limit]) => `- ${what}: ${limit}`).join('\n')}`;
