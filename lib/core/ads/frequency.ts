import { extraFields, faultAt, isObject, isWholeWithin, type ValueFault } from './value-fault.ts';

/** How often one user is shown an ad, or the ads of its campaign together. */
export interface Frequency {
  /** Decisions in each period. */
  readonly max: number;
  /** The period, an ISO 8601 duration: `PT<n>M`, `PT<n>H` or `P<n>D`. */
  readonly per: string;
  /** What is counted: decisions for the ad, or for all ads of its campaign. */
  readonly scope: (typeof frequencyScopes)[number];
  /** Whether a request without a user may get the ad; absent: `skip`. */
  readonly anonymous?: (typeof anonymousWays)[number];
}

export const frequencyScopes = ['ad', 'campaign'] as const;
export const anonymousWays = ['skip', 'serve'] as const;
export const frequencyMax = 100;
export const periodPattern = /^(?:PT([1-9]\d{0,4})([MH])|P([1-9]\d?)D)$/;

const minuteMs = 60_000;
export const dayMs = 1440 * minuteMs;
const periodMaxMs = 30 * dayMs;
const unitMs: Readonly<Record<string, number>> = { M: minuteMs, H: 60 * minuteMs };

/** How long a period lasts, milliseconds; undefined: the text is none from a minute to 30 days. */
export function periodMs(per: string): number | undefined {
  const [, count, unit = '', days] = periodPattern.exec(per) ?? [];
  const lastsMs = days === undefined ? Number(count) * (unitMs[unit] ?? 0) : Number(days) * dayMs;
  return lastsMs > 0 && lastsMs <= periodMaxMs ? lastsMs : undefined;
}

/** What is wrong with a value as a frequency; empty: it is one. */
export function frequencyFaults(given: unknown): readonly ValueFault[] {
  if (!isObject(given)) return [{ path: [], message: 'must be an object' }];
  const { max, per, scope, anonymous } = given;
  const faults = extraFields(given, ['max', 'per', 'scope', 'anonymous'], []);
  if (!isWholeWithin(max, 1, frequencyMax))
    faults.push(faultAt(['max'], max, `must be a whole number from 1 to ${frequencyMax}`));
  if (typeof per !== 'string' || periodMs(per) === undefined)
    faults.push(faultAt(['per'], per, 'must be from PT1M to P30D: minutes PT5M, hours PT12H or days P7D'));
  if (!(frequencyScopes as readonly unknown[]).includes(scope))
    faults.push(faultAt(['scope'], scope, 'must be ad or campaign'));
  if (anonymous !== undefined && !(anonymousWays as readonly unknown[]).includes(anonymous))
    faults.push({ path: ['anonymous'], message: 'must be skip or serve' });
  return faults;
}

export function isFrequency(given: unknown): given is Frequency {
  return frequencyFaults(given).length === 0;
}

/** With its fields in the documented order, so that equal ones are equal texts. */
export function inOrder({ max, per, scope, anonymous }: Frequency): Frequency {
  return { max, per, scope, ...(anonymous !== undefined && { anonymous }) };
}
