import type { DeliveryKind } from './delivery-key.ts';

/** Why an event is not counted: known bots, pages that were only fetched ahead, clients that name no user agent. */
export const invalidReasons = ['bot', 'prefetch', 'no-user-agent'] as const;
export type InvalidReason = (typeof invalidReasons)[number];

/** An impression or a click of a decision. One record of `increments`, under the partition key `deliveryKey`. */
export interface Tracked {
  readonly v: 1;
  readonly type: 'Tracked';
  /** The claim, 32 hex digits: one for each decision and kind, so that it is counted once. */
  readonly id: string;
  readonly ad: string;
  readonly kind: DeliveryKind;
  /** When it arrived, milliseconds since 1970. */
  readonly at: number;
  /** Of the ad when the decision was made. A counter of another generation does not count an impression. */
  readonly generation: number;
  /** In which the decision was made. */
  readonly epoch: number;
  /** Present: it is counted under this reason and claims nothing. */
  readonly invalid?: InvalidReason;
  readonly traceparent?: string;
}

/**
 * Longer than the events of a decision are accepted after its first one, milliseconds: for up to 24 h after the end
 * of its epoch, which lasts 46 minutes at most.
 */
export const trackedAcceptedForMs = 25 * 3_600_000;

/** The most events of one call. */
export const trackedPerAppendMax = 500;

/**
 * The attributes of an ad's counter item that hold its numbers. Every settled record of the counter is in exactly
 * one of them. `total`: counted.
 */
export const uncountedNumbers = [
  'duplicate',
  'late',
  'invalid_bot',
  'invalid_prefetch',
  'invalid_no_user_agent',
] as const;
export type UncountedNumber = (typeof uncountedNumbers)[number];
export type TrackedNumber = 'total' | UncountedNumber;

export function invalidNumber(reason: InvalidReason): UncountedNumber {
  switch (reason) {
    case 'bot':
      return 'invalid_bot';
    case 'prefetch':
      return 'invalid_prefetch';
    case 'no-user-agent':
      return 'invalid_no_user_agent';
  }
}

/** The generation of a counter item that has none: that of an ad without a goal. */
export const firstGeneration = 0;

/**
 * Whether the generation of its counter decides about an event. A click is good longer than the impression of its
 * decision, so it counts whatever the ad's goal has become.
 */
export function needsGeneration({ kind, invalid }: Pick<Tracked, 'kind' | 'invalid'>): boolean {
  return kind === 'impression' && invalid === undefined;
}
