import type { HttpAnswer } from '../../support/http-connection.ts';
import type { EventNumbers } from '../ledger/event-ledger.ts';

/** The call that reads the numbers of an ad, without its history. */
export function numbersPath(ad: string): string {
  return `/api/v1/ad/${ad}/delivery?bucket=minute`;
}

export function numbersIn({ body }: HttpAnswer): EventNumbers {
  const {
    impressions,
    clicks,
    not_counted: apart,
  } = JSON.parse(body) as {
    readonly impressions: number;
    readonly clicks: number;
    readonly not_counted: {
      readonly duplicate: number;
      readonly late: number;
      readonly invalid: Readonly<Record<string, number>>;
    };
  };
  const invalid = Object.values(apart.invalid).reduce((sum, count) => sum + count, 0);
  return { impressions, clicks, duplicate: apart.duplicate, late: apart.late, invalid };
}
