import { canonicalKey } from '../../core/counters/counter-key.ts';
import type { PinnedKey } from '../../core/counters/hot/lanes.ts';
import type { RateSettings, StageSettings } from '../../stages.ts';
import type { ControlContent } from './control-content.ts';

/** What a container follows: a content, and from when on its added levels of series are complete. */
export interface ControlState {
  readonly content: ControlContent;
  readonly seriesFromMs: NonNullable<StageSettings['counters']['seriesFromMs']>;
  /** Counters that the consumers have found hot, if the container looks for them. */
  readonly hotKeys?: readonly PinnedKey[];
}

/** The settings of a stage with what an operator has changed. */
export function applyControl(
  settings: StageSettings,
  { content, seriesFromMs, hotKeys: found = [] }: ControlState,
): StageSettings {
  const { rate, live_ads_max: liveAdsMax, live_ad_bytes_max: liveBytesMax } = content;
  const { hot_keys: hotKeys, series, trace_share: traceShare } = content;
  return {
    ...settings,
    ads: {
      ...settings.ads,
      liveAdsMax: liveAdsMax ?? settings.ads.liveAdsMax,
      liveBytesMax: liveBytesMax ?? settings.ads.liveBytesMax,
    },
    counters: {
      ...settings.counters,
      hotKeys: withFound(pinnedKeys(hotKeys ?? settings.counters.hotKeys, settings), found),
      series: series ?? settings.counters.series,
      seriesFromMs,
    },
    tokens: rate === undefined ? settings.tokens : changedRate(settings.tokens, rate),
    ...(traceShare !== undefined && { traceShare }),
  };
}

/** By the spelling in which callers' increments name them; of two spellings of a key the last one counts. */
function pinnedKeys(
  hotKeys: StageSettings['counters']['hotKeys'],
  { counters: { keyFormat } }: StageSettings,
): StageSettings['counters']['hotKeys'] {
  if (keyFormat === 'any') return hotKeys;
  const lanes = new Map(hotKeys.map((pin) => [canonicalKey(pin.key, keyFormat), pin.lanes]));
  return Array.from(lanes, ([key, count]) => ({ key, lanes: count }));
}

/** A key that is pinned and found hot has the greater number of lanes. */
function withFound(pinned: readonly PinnedKey[], found: readonly PinnedKey[]): readonly PinnedKey[] {
  if (found.length === 0) return pinned;
  const lanes = new Map(pinned.map((pin) => [pin.key, pin.lanes]));
  for (const { key, lanes: count } of found) lanes.set(key, Math.max(count, lanes.get(key) ?? 0));
  return Array.from(lanes, ([key, count]) => ({ key, lanes: count }));
}

function changedRate(
  tokens: StageSettings['tokens'],
  { per_second: ratePerSecond, burst }: NonNullable<ControlContent['rate']>,
): StageSettings['tokens'] {
  const rateCeiling = {
    ...(ratePerSecond < tokens.rate.ratePerSecond && { ratePerSecond }),
    ...(burst < tokens.rate.burst && { burst }),
  };
  return { ...tokens, rate: { ratePerSecond, burst }, rateCeiling };
}

/**
 * Settings whose changeable parts are read as of now, each time they are read. Work that needs one state over
 * several awaits takes a copy with `settingsNow`. A spread is such a copy, so wrap last. `further`: what else
 * follows from a state.
 */
export function liveSettings(
  settings: StageSettings,
  current: () => ControlState,
  further: (settings: StageSettings, state: ControlState) => StageSettings = (same) => same,
): StageSettings {
  let applied: ControlState | undefined;
  let effective = settings;
  const now = (): StageSettings => {
    const state = current();
    if (state !== applied) {
      effective = further(applyControl(settings, state), state);
      applied = state;
    }
    return effective;
  };
  const live = {
    get ads() {
      return now().ads;
    },
    get counters() {
      return now().counters;
    },
    get tokens() {
      return now().tokens;
    },
    get traceShare() {
      return now().traceShare;
    },
  };
  return Object.defineProperties({ ...settings }, Object.getOwnPropertyDescriptors(live));
}

/** The rate of each token as of now. */
export function liveRate(settings: Pick<StageSettings, 'tokens'>): RateSettings {
  return {
    get ratePerSecond() {
      return settings.tokens.rate.ratePerSecond;
    },
    get burst() {
      return settings.tokens.rate.burst;
    },
  };
}

/** The settings as they are now, for work that must not see them change. */
export function settingsNow(settings: StageSettings): StageSettings {
  return { ...settings };
}
