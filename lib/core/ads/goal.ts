import { extraFields, faultAt, isObject, isWholeWithin, type ValueFault } from './value-fault.ts';

/** What an ad should reach, and how fast. */
export interface AdGoal {
  /** Impressions of all of the ad's time, of each local day, or both; at least one is there. */
  readonly impressions: { readonly total?: number; readonly daily?: number };
  /** `even`: spread over the time that there is. `asap`: as soon as somebody asks. */
  readonly pacing: (typeof pacings)[number];
  /** The IANA time zone whose days are meant; absent: UTC. */
  readonly timezone?: string;
}

export const pacings = ['even', 'asap'] as const;
export const goalImpressionsMax = 1_000_000_000;
/** Of a name such as America/Argentina/ComodRivadavia; an offset such as +08:00 is no zone with days. */
export const timezonePattern = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;
export const timezoneMax = 64;

const impressionsRule = `must be a whole number from 1 to ${goalImpressionsMax}`;

/**
 * What is wrong with a value as a goal; empty: it is one. It does not look whether this machine knows the time zone:
 * what one release has accepted, all read.
 */
export function goalFaults(given: unknown): readonly ValueFault[] {
  if (!isObject(given)) return [{ path: [], message: 'must be an object' }];
  const { impressions, pacing, timezone } = given;
  const faults = [
    ...extraFields(given, ['impressions', 'pacing', 'timezone'], []),
    ...impressionsFaults(impressions),
  ];
  if (!(pacings as readonly unknown[]).includes(pacing))
    faults.push(faultAt(['pacing'], pacing, 'must be even or asap'));
  if (timezone !== undefined && !isZoneName(timezone))
    faults.push({ path: ['timezone'], message: 'must be an IANA time zone such as Asia/Taipei' });
  return faults;
}

function impressionsFaults(given: unknown): ValueFault[] {
  const path = ['impressions'];
  if (!isObject(given)) return [faultAt(path, given, 'must be an object with total, daily or both')];
  const { total, daily } = given;
  const extra = extraFields(given, ['total', 'daily'], path);
  if (extra.length > 0) return extra;
  if (total === undefined && daily === undefined)
    return [{ path, message: 'must have total, daily or both' }];
  const faults: ValueFault[] = [];
  if (total !== undefined && !isWholeWithin(total, 1, goalImpressionsMax))
    faults.push({ path: [...path, 'total'], message: impressionsRule });
  if (daily !== undefined && !isWholeWithin(daily, 1, goalImpressionsMax))
    faults.push({ path: [...path, 'daily'], message: impressionsRule });
  if (faults.length === 0 && total !== undefined && Number(daily) > Number(total))
    faults.push({ path: [...path, 'daily'], message: 'must not be above total' });
  return faults;
}

function isZoneName(given: unknown): boolean {
  return typeof given === 'string' && given.length <= timezoneMax && timezonePattern.test(given);
}

/** Whether this machine knows the days of a time zone. */
export function isKnownZone(timeZone: string): boolean {
  try {
    Intl.DateTimeFormat('en-US', { timeZone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

export function isGoal(given: unknown): given is AdGoal {
  return goalFaults(given).length === 0;
}

/** With its fields in the documented order, so that equal goals are equal texts. */
export function inOrder({ impressions: { total, daily }, pacing, timezone }: AdGoal): AdGoal {
  return {
    impressions: { ...(total !== undefined && { total }), ...(daily !== undefined && { daily }) },
    pacing,
    ...(timezone !== undefined && { timezone }),
  };
}
