import { brokenRules, type WarmContainer } from '../../core/release/release-rules.ts';
import { ReleasedVersionError, type ReleasedVersion } from '../../ports/released-version.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import { parseHead } from '../ads/ad-head.ts';
import type { Ports } from '../ports.ts';
import { headKey, releaseKey } from '../state-keys.ts';
import { readWarmUpAnswer, type WarmUpCall } from './warm-up.ts';

export type HeldRelease =
  | { readonly outcome: 'warm'; readonly containers: number; readonly catalogVersion: number }
  /** `reasons`: the broken rules, and why calls failed. */
  | { readonly outcome: 'refused'; readonly reasons: readonly string[] };

export interface HoldReleaseDeps extends Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'> {
  readonly released: ReleasedVersion;
  /** The version of `released`, as Lambda numbers them. */
  readonly version: string;
}

/** Containers begin within a second or two; those that are ready earlier stay busy until then. */
const holdMs = 2000;
const pauseMs = 1000;
/** A container that loads a million ads takes seconds; most of this time is for a store that fails. */
export const warmMsMax = 240_000;
const roundsMax = warmMsMax / pauseMs + 1;

/**
 * Calls a version until as many of its containers as the stage demands hold the current catalog, or until
 * `warmMsMax`. Each round makes all calls at once, so that each is in a container of its own. May run twice for
 * one version.
 */
export async function holdRelease(deps: HoldReleaseDeps): Promise<HeldRelease> {
  const { clock, state, telemetry, settings, released, version } = deps;
  const containersMin = settings.cloud.warmContainers;
  const startedMs = clock.monotonicMs();
  const isLate = (): boolean => clock.monotonicMs() - startedMs >= warmMsMax;
  const containers = new Map<string, WarmContainer>();
  let headVersion: number | undefined;
  let reasons: readonly string[] = [];

  for (let round = 0; round < roundsMax && !isLate(); round += 1) {
    if (round > 0) await clock.sleep(pauseMs);
    try {
      headVersion ??= parseHead(await state.get(headKey)).version;
    } catch (error) {
      if (!isStateStoreError(error)) throw error;
      reasons = [`the catalog's version cannot be read: ${error.code}`];
      continue;
    }
    // Those without the catalog answer again, unless they have ended.
    for (const { container, catalogVersion = -1 } of [...containers.values()]) {
      if (catalogVersion < headVersion) containers.delete(container);
    }
    const failures = new Set<string>();
    const call = async (): Promise<void> => {
      try {
        const answer = readWarmUpAnswer(await released.invoke({ warmUp: { holdMs } } satisfies WarmUpCall));
        if (answer === undefined) failures.add('the version does not know the warm-up call');
        else containers.set(answer.container, answer);
      } catch (error) {
        if (!(error instanceof ReleasedVersionError)) throw error;
        failures.add(`a call failed: ${error.message}`);
      }
    };
    await Promise.all(Array.from({ length: containersMin }, call));
    const broken = brokenRules({ version, containersMin, headVersion, containers: [...containers.values()] });
    if (broken.length === 0) {
      const warm = { containers: containers.size, catalogVersion: headVersion };
      await remember(warm);
      return { outcome: 'warm', ...warm };
    }
    reasons = [...broken, ...failures];
  }
  return { outcome: 'refused', reasons };

  /** Only shown to people, so a failure does not hold the release. */
  async function remember(warm: {
    readonly containers: number;
    readonly catalogVersion: number;
  }): Promise<void> {
    try {
      await state.write({
        type: 'put',
        key: releaseKey(version),
        attributes: {
          containers: BigInt(warm.containers),
          catalog_version: BigInt(warm.catalogVersion),
          at: BigInt(clock.nowMs()),
        },
      });
    } catch (error) {
      if (!isStateStoreError(error)) throw error;
      telemetry.warn('the warm version could not be noted', { code: error.code });
    }
  }
}
