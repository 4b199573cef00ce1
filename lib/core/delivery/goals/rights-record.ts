import type { RightsClosed } from './close-rights.ts';
import type { RightsOpened } from './open-rights.ts';

/**
 * An order about the rights of an ad, in the log among the ad's impressions and under their partition key: what is
 * before it counts by the old state of the counter, and what comes after it by the new one. To log an order twice is
 * harmless, because one that is obeyed already changes nothing.
 */
export type RightsRecord =
  | ({ readonly v: 1; readonly type: 'RightsClosed'; readonly ad: string } & RightsClosed)
  | ({ readonly v: 1; readonly type: 'RightsOpened'; readonly ad: string } & RightsOpened);

export function isRightsRecord(content: { readonly type: string }): content is RightsRecord {
  return content.type === 'RightsClosed' || content.type === 'RightsOpened';
}
