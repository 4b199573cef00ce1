import type { Kept } from '../scenario.ts';
import type { DayAd } from './day-ads.ts';
import type { AdReport } from './report.ts';
import type { Tally } from './tally.ts';

/** What is seen of the day at an instant, and since the one before. */
export interface Sample {
  /** Since the beginning of the day, hours. */
  readonly hour: number;
  readonly reports: readonly AdReport[];
  readonly decisions: number;
  readonly asks: number;
}

export interface DayResult {
  readonly seed: number;
  /** Hours are those of the samples. */
  readonly shape: {
    readonly sampleMinutes: number;
    readonly pauseHour: number;
    readonly outage: { readonly fromHour: number; readonly toHour: number };
  };
  readonly ads: readonly DayAd[];
  readonly samples: readonly Sample[];
  /** After everything has come to rest. */
  readonly atLast: readonly AdReport[];
  readonly acknowledged: readonly number[];
  readonly tally: Pick<Tally, 'decisions' | 'asks' | 'mostShown' | 'failures'>;
  readonly promises: readonly Kept[];
}
