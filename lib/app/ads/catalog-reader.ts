import { Catalog } from '../../core/ads/catalog/catalog.ts';
import type { Consistency } from '../../core/consistency.ts';
import type { ConsistencyToken } from '../../core/consistency-token.ts';
import type { BlobStore } from '../../ports/blob-store.ts';
import { isStateStoreError, type Attributes, type StateReads } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import { headKey, type ProjectionId } from '../state-keys.ts';
import { isTokenMet, parseHead, tokenOfHead, type AdHead } from './ad-head.ts';
import { tokenWaitMs } from './ad-reader.ts';
import { bringUpTo } from './ad-recovery.ts';
import { catalogMaking, type CatalogMaking } from './catalog-follower.ts';
import { ChangeLogGapError } from './change-log.ts';
import { poll, retrying, type RetryLimits } from '../retry.ts';
import { frozenWaitMsMax, waitAtMost } from '../wait-at-most.ts';

export type CatalogView =
  | {
      readonly status: 'ok';
      readonly catalog: Catalog;
      /** The age of its version check; 0: the check was made for this request. */
      readonly staleMs: number;
      /** This catalog and every later one meet it. */
      readonly token: string;
    }
  /** A token was not met in time. */
  | { readonly status: 'not-caught-up' }
  /** There is no catalog, or it is too old. */
  | { readonly status: 'unavailable' }
  /** A strong read whose check failed. */
  | { readonly status: 'unchecked' };

export interface CatalogReader {
  /**
   * Returns a promise only if it has to wait. Never rejects for a failure of the store. `strong`: the head is
   * read after the call, and the catalog is at least as new as that head, or the result is `unchecked`.
   * Default: eventual.
   */
  current(tokens: readonly ConsistencyToken[], consistency?: Consistency): Promise<CatalogView> | CatalogView;
  readonly facts: { readonly version: number; readonly ads: number; readonly ageMs: number | undefined };
}

export type CatalogReaderDeps = Pick<Ports, 'state' | 'blobs' | 'clock' | 'ids' | 'telemetry' | 'settings'>;

/**
 * A cold container tries again what the store throttles, each time after a random pause, so that many of them do
 * not come together. With the last try it ends within the time of its first call (28 s).
 */
const coldRetries: RetryLimits = { retriesMax: 30, firstMs: 100, longestMs: 4000 };
const coldLoadMsMax = 20_000;

/** The pause after a failed check: while the store is down, requests do not queue for it. */
const failurePauseMs = 250;

/**
 * What a request waits for a check before it gets what the container has: a slow store would otherwise hold
 * the containers, and with them the account's concurrency.
 */
export const checkWaitMsMax = 250;

/** A check that is older than this may have been frozen with its container, milliseconds. */
const frozenFromMs = 5000;

/** The most checks that a request waits for: its own, and one that was under way when it came. */
const refreshesAwaitedMax = 3;

interface Held {
  readonly catalog: Catalog;
  readonly head: AdHead;
  /** The item that `head` was decoded from. */
  readonly headItem: Attributes | undefined;
  readonly token: string;
  /** The projection that the catalog was loaded from. */
  readonly projection: ProjectionId;
  /** When the check began that found this version the newest. */
  readonly checkedAt: Instant;
}

/**
 * One moment by both clocks: the monotonic one may stop while a container is frozen, the wall clock may jump.
 */
interface Instant {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

interface Refresh {
  readonly startedAt: Instant;
  /** false: the store failed. */
  readonly done: Promise<boolean>;
}

/**
 * The catalog of a warm container. One check or load runs at a time. A request that needs a newer catalog
 * than the running check can promise waits for that check and then shares the next. So with a staleness of 0,
 * every answer is based on a read that began after its request came. The served catalog is replaced as a
 * whole, and never by an earlier version. When operators switch to the other projection, its catalog is loaded
 * while the old one, which goes on following the changes, still answers.
 */
export function createCatalogReader(
  deps: CatalogReaderDeps,
  making: CatalogMaking = catalogMaking,
): CatalogReader {
  const { clock, settings, telemetry } = deps;
  const { maxStalenessMs, staleServeMaxMs } = settings.reader;
  const retentionMs = settings.streams['ad-events'].retentionHours * 3_600_000;
  let held: Held | undefined;
  let running: Refresh | undefined;
  /** A check that a request has waited for in vain. */
  let slow: Refresh | undefined;
  let failedAt: Instant | undefined;
  /** A catalog of the projection that readers were switched to. */
  let moved: { readonly catalog: Catalog; readonly projection: ProjectionId } | undefined;
  let moving: Promise<void> | undefined;
  let moveFailedAt: Instant | undefined;

  /** What a cold load that failed has read. */
  const kept = new Map<string, Uint8Array>();
  const { tools } = making;

  const now = (): Instant => ({ wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() });
  const ageOf = (instant: Instant): number =>
    Math.max(clock.monotonicMs() - instant.monotonicMs, clock.nowMs() - instant.wallMs, 0);

  /** Loads the catalog of the active projection, cold, while the held one answers. */
  const startMove = (head: AdHead): void => {
    if (moving !== undefined || moved?.projection === head.active.id) return;
    // After a failure the next check tries again.
    if (moveFailedAt !== undefined && ageOf(moveFailedAt) < failurePauseMs) return;
    const follower = making.follow(Catalog.empty());
    moving = bringUpTo(deps, head, follower, { tools, startAt: deps.ids.random() })
      .then(() => {
        moved = { catalog: follower.catalog(), projection: head.active.id };
      })
      .catch((error: unknown) => {
        if (!isStateStoreError(error) && !(error instanceof ChangeLogGapError)) throw error;
        telemetry.warn('the catalog of the other projection cannot be loaded', { reason: error.message });
        moveFailedAt = now();
      })
      .finally(() => {
        moving = undefined;
      });
  };

  const load = async (startedAt: Instant): Promise<boolean> => {
    // A warm one answers with what it has instead.
    const reads = held === undefined ? patientReads(deps) : deps;
    try {
      const item = await reads.state.get(headKey);
      // Some stores return the same frozen object while nothing is written: then nothing has changed.
      const isSettled = held?.projection === held?.head.active.id;
      if (held !== undefined && isSettled && item !== undefined && item === held.headItem) {
        held = { ...held, checkedAt: startedAt };
        return true;
      }
      const head = parseHead(item);
      const before = held?.catalog ?? Catalog.empty();
      if (head.version < before.version) {
        telemetry.error('the store is older than the catalog', {
          head: head.version,
          catalog: before.version,
        });
        failedAt = now();
        return false;
      }
      const projection = held?.projection ?? head.active.id;
      if (projection !== head.active.id) startMove(head);
      const isMoved = moved?.projection === head.active.id && moved.catalog.version <= head.version;
      const follower = making.follow(isMoved && moved ? moved.catalog : before);
      await bringUpTo({ ...reads, telemetry }, head, follower, { tools, startAt: deps.ids.random(), kept });
      const catalog = follower.catalog();
      kept.clear();
      if (isMoved) moved = undefined;
      if (catalog !== before) {
        telemetry.observe(metrics.catalogVersion, catalog.version);
        if (follower.reloaded) telemetry.count(metrics.catalogReloads);
      }
      held = {
        catalog,
        head,
        headItem: item,
        token: tokenOfHead(head, settings.stage),
        projection: isMoved || follower.reloaded ? head.active.id : projection,
        checkedAt: startedAt,
      };
      return true;
    } catch (error) {
      if (!isStateStoreError(error) && !(error instanceof ChangeLogGapError)) throw error;
      telemetry.warn('the catalog cannot be checked', { reason: error.message });
      failedAt = now();
      return false;
    }
  };

  const refresh = (): Refresh => {
    const startedAt = now();
    const done = load(startedAt).finally(() => {
      running = undefined;
    });
    running = { startedAt, done };
    return running;
  };

  /** Waits for a check that is at most `maxAgeMs` old now; if that is 0, it begins after the call. */
  const check = async (maxAgeMs: number): Promise<boolean> => {
    for (let awaited = 0; awaited < refreshesAwaitedMax; awaited += 1) {
      const joined = running;
      if (joined === undefined) return refresh().done;
      const isRecent = ageOf(joined.startedAt) < maxAgeMs || awaited > 0;
      const ok = await joined.done;
      if (isRecent) return ok;
    }
    return false;
  };

  const isMet = (tokens: readonly ConsistencyToken[]): boolean => {
    const { head } = held ?? {};
    if (head === undefined) return false;
    const nowMs = clock.nowMs();
    return tokens.every((token) => isTokenMet(head, token, nowMs, retentionMs));
  };

  const view = (staleMs: number): CatalogView =>
    held === undefined
      ? { status: 'unavailable' }
      : { status: 'ok', catalog: held.catalog, staleMs, token: held.token };

  /**
   * The result of a check that just ended. If it began before the request came, the difference is its age.
   */
  const viewFrom = (arrivedMs: number): CatalogView =>
    view(held === undefined ? 0 : Math.max(arrivedMs - held.checkedAt.monotonicMs, 0));

  /** Why the held catalog is no answer while the store has none; undefined: it is one. */
  const heldRefusal = (tokens: readonly ConsistencyToken[]): CatalogView | undefined => {
    if (held === undefined || ageOf(held.checkedAt) > staleServeMaxMs) return { status: 'unavailable' };
    return isMet(tokens) ? undefined : { status: 'not-caught-up' };
  };

  const stale = (tokens: readonly ConsistencyToken[]): CatalogView => {
    const refusal = heldRefusal(tokens);
    if (refusal !== undefined) return refusal;
    const staleMs = held === undefined ? 0 : ageOf(held.checkedAt);
    telemetry.count(metrics.catalogStaleServed);
    telemetry.observe(metrics.catalogStaleMs, staleMs);
    return view(staleMs);
  };

  const checked = async (
    tokens: readonly ConsistencyToken[],
    consistency: Consistency,
  ): Promise<CatalogView> => {
    const strong = consistency === 'strong';
    const unanswered = (): CatalogView => (strong ? { status: 'unchecked' } : stale(tokens));
    const pauseMs = failedAt === undefined ? 0 : failurePauseMs - ageOf(failedAt);
    if (pauseMs > 0) {
      // While the store fails, one request at a time tries it.
      if (held !== undefined) return unanswered();
      // Lambda calls the container that was free last: one that has nothing must not be that by refusing at once.
      await clock.sleep(pauseMs);
    }
    const arrivedMs = clock.monotonicMs();
    const mayBeStale = !strong && maxStalenessMs > 0 && heldRefusal(tokens) === undefined;
    if (mayBeStale && running !== undefined && running === slow) {
      const { startedAt, done } = running;
      if (ageOf(startedAt) < frozenFromMs) return unanswered();
      if (!(await waitAtMost(clock, frozenWaitMsMax, done)) || !(await done)) return unanswered();
    }
    const checking = check(strong ? 0 : maxStalenessMs);
    if (mayBeStale && !(await waitAtMost(clock, checkWaitMsMax, checking))) {
      slow = running;
      return unanswered();
    }
    if (!(await checking)) return unanswered();
    if (isMet(tokens)) return viewFrom(arrivedMs);
    const caughtUp = await poll(clock, tokenWaitMs, async () => {
      const ok = await check(0);
      if (!ok) return undefined;
      return isMet(tokens) ? true : undefined;
    });
    return caughtUp === true ? viewFrom(arrivedMs) : { status: 'not-caught-up' };
  };

  return {
    current: (tokens, consistency = 'eventual') => {
      if (held !== undefined && maxStalenessMs > 0 && consistency === 'eventual') {
        const staleMs = ageOf(held.checkedAt);
        if (staleMs <= maxStalenessMs && (tokens.length === 0 || isMet(tokens))) return view(staleMs);
      }
      return checked(tokens, consistency);
    },
    get facts() {
      const { catalog, checkedAt } = held ?? {};
      return {
        version: catalog?.version ?? 0,
        ads: catalog?.size ?? 0,
        ageMs: checkedAt === undefined ? undefined : ageOf(checkedAt),
      };
    },
  };
}

/** The reads of one cold load. */
function patientReads({ state, blobs, clock, ids }: Pick<Ports, 'state' | 'blobs' | 'clock' | 'ids'>): {
  readonly state: StateReads;
  readonly blobs?: BlobStore;
} {
  const untilMs = clock.monotonicMs() + coldLoadMsMax;
  const patiently = <T>(run: () => Promise<T>): Promise<T> =>
    retrying(
      { clock, ids },
      { ...coldRetries, withinMs: untilMs - clock.monotonicMs() },
      { run, mayRetry: (error) => isStateStoreError(error) && error.code === 'state-throttled' },
    );
  return {
    state: {
      get: (key, options) => patiently(() => state.get(key, options)),
      getMany: (keys, options) => patiently(() => state.getMany(keys, options)),
      query: (range, options) => patiently(() => state.query(range, options)),
    },
    ...(blobs && { blobs: { ...blobs, get: (name) => patiently(() => blobs.get(name)) } }),
  };
}
