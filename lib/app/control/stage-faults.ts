import { uuidKeyFault } from '../../core/counters/counter-key.ts';
import type { RateSettings, StageSettings } from '../../stages.ts';
import type { ControlContent } from './control-content.ts';

/**
 * What a stage cannot follow: more ads than its functions have memory for, more calls than the usage plan in
 * front of it lets through (`rateMax`; undefined: none is in front), keys that its callers cannot write.
 */
export function stageFaults(
  content: ControlContent,
  settings: StageSettings,
  rateMax: RateSettings | undefined,
): readonly string[] {
  const faults: string[] = [];
  const atMost = (field: string, value: number | undefined, max: number | undefined): void => {
    if (value === undefined || max === undefined || value <= max) return;
    faults.push(`${field}: must be at most ${max}, as deployed; raise it in lib/stages.ts and deploy`);
  };
  atMost('rate.per_second', content.rate?.per_second, rateMax?.ratePerSecond);
  atMost('rate.burst', content.rate?.burst, rateMax?.burst);
  atMost('live_ads_max', content.live_ads_max, settings.ads.liveAdsMax);
  atMost('live_ad_bytes_max', content.live_ad_bytes_max, settings.ads.liveBytesMax);
  const isUnwritable = content.hot_keys?.some(({ key }) => uuidKeyFault(key) !== undefined);
  if (settings.counters.keyFormat === 'uuid' && isUnwritable === true)
    faults.push('hot_keys: each key must be a UUID in this stage, and not the nil UUID');
  return faults;
}
