import { formatInstant } from '../core/instant.ts';
import { positionText, type LogPosition } from '../core/log-position.ts';
import type { CapWindow } from '../core/delivery/caps/cap-windows.ts';
import type { SeriesLevel } from '../core/counters/series.ts';
import type { ItemKey } from '../ports/state-store.ts';

/**
 * Every item of the state store: its key and what it holds. An attribute name that starts with `hw|` is a
 * high-water mark (lib/core/log-position.ts). `expires_at` is in seconds (lib/ports/state-store.ts).
 */

// ── table counters ───────────────────────────────────────────────────────────────────────────────

/**
 * `total` N, `sync_total` N, `updated_at` N (ms), marks S. Marks but no `total`: no counter. The two counters of an
 * ad (lib/core/delivery/delivery-key.ts) also have `duplicate` N, `late` N, `invalid_bot` N, `invalid_prefetch` N,
 * `invalid_no_user_agent` N, and no `sync_total`. Of an ad with a goal (lib/core/delivery/goals): `generation` N
 * (absent is 0), `closed` N, `i<epoch>` N and `d<day>` N.
 */
export function counterKey(counter: string): ItemKey {
  return { table: 'counters', pk: `counter#${counter}`, sk: '' };
}

/**
 * A counter's series in one window of a level: `b0`, `b1`, ... N by the bucket's offset in it, `expires_at`.
 * Sorts by time: the window of every instant that an event can hold fits the digits.
 */
export function seriesKey(counter: string, level: SeriesLevel, window: number): ItemKey {
  return { table: 'counters', pk: `series#${level}#${counter}`, sk: seriesSortKey(window) };
}

export function seriesSortKey(window: number): string {
  return String(window).padStart(10, '0');
}

/**
 * One container's sketch of hot keys in one minute (since 1970): `sketch` B (compressed;
 * lib/core/counters/hot), `expires_at`. An approximation that nothing depends on. All are in one partition,
 * so that a reader gets a range of minutes in one query. Each container uses two of the partition's 1,000
 * write units a second.
 */
export function topPartKey(minute: number, containerId: string): ItemKey {
  return { table: 'counters', pk: 'top', sk: `${topMinuteSortKey(minute)}#${containerId}` };
}

/** Sorts before all parts of a minute, and after all of the minute before. */
export function topMinuteSortKey(minute: number): string {
  return String(minute).padStart(10, '0');
}

/** The same for all minutes up to `through` N: `sketch` B, `version` N. Never expires. */
export const topAllKey: ItemKey = { table: 'counters', pk: 'top#all', sk: '' };

/**
 * The claim of a keyed increment that has been counted: `expires_at`. If it exists, never count this event id
 * again.
 */
export function incrementClaimKey(eventId: string): ItemKey {
  return { table: 'counters', pk: `claim#${eventId}`, sk: '' };
}

/**
 * The state of a record that was given up: `state` S quarantined | counted | redriven | dropped, `reason` S,
 * `partition_key` S (of an increment or a tracked event), `number` S (of a counted tracked event: the number of its
 * counter that it is in). Never expires: it proves that a record was counted once or dropped.
 */
export function skipKey(stream: string, position: LogPosition): ItemKey {
  return { table: 'counters', pk: `skip#${stream}/${positionText(position)}`, sk: '' };
}

/** Unfinished tries at a one-record batch: `tries` N, `expires_at`. */
export function attemptKey(stream: string, position: LogPosition): ItemKey {
  return { table: 'counters', pk: `attempt#${stream}/${positionText(position)}`, sk: '' };
}

/**
 * What an operator has changed while the stage runs: `version` N, `content` S (JSON; control-content.ts), `by`
 * S, `at` N (ms), `change_id` S, `series_from` S (JSON), `published` N (changes up to this version are in the
 * event log). Never expires. Absent: everything is as deployed.
 */
export const controlKey: ItemKey = { table: 'counters', pk: 'control', sk: '' };

/** The same attributes of one version but `published`, and `restores` N if it is a roll-back. Never expires. */
export function controlChangeKey(version: number): ItemKey {
  return { table: 'counters', pk: controlChangesPartition, sk: changeSortKey(version) };
}
export const controlChangesPartition = 'control#changes';

/**
 * The counters that all containers spread (lib/app/counters/hot/hot-hint.ts): `keys` S (JSON), `expires_at`. In the
 * partition of the control item, so that one query reads both for the price of one.
 */
export const hotHintKey: ItemKey = { ...controlKey, sk: 'hot' };

/**
 * A caller with usage on a day (`2026-07-01`, UTC), for lists: `expires_at`. Its numbers are in counters of the
 * product itself (lib/core/counters/usage-key.ts), with `expires_at` too.
 */
export function usageCallerKey(day: string, principal: string): ItemKey {
  return { table: 'counters', pk: usageCallersPartition(day), sk: principal };
}
export function usageCallersPartition(day: string): string {
  return `usage#${day}`;
}

/**
 * A version of query-ads that was warm before its first call: `containers` N, `catalog_version` N, `at` N (ms).
 * Only shown. Never expires: there is one for each release.
 */
export function releaseKey(version: string): ItemKey {
  return { table: 'counters', pk: `release#${version}`, sk: '' };
}

/**
 * The result of the last scheduled audit: `status` S, `at` N (ms, when it began), `counters` N, `differences` N.
 * Only shown. Never expires.
 */
export const auditResultKey: ItemKey = { table: 'counters', pk: 'audit', sk: '' };

/**
 * The canary (lib/app/canary): `version` N, `start` S, `offset` N, `sent` N, `missing` N, `pending_at` N (ms; while
 * the last increment sent is not known to be counted), `untold` S lost | doubled (until it is in the metric). Of the
 * last run, only shown: `status` S, `at` N (ms). Never expires.
 */
export const canaryStateKey: ItemKey = { table: 'counters', pk: 'canary', sk: '' };

// ── table ads ────────────────────────────────────────────────────────────────────────────────────

/**
 * A stage has one projection of its ads, or two side by side: the items of ads and the snapshots, made from one
 * change log. Those of the second have a prefix.
 */
export type ProjectionId = 1 | 2;

function prefixOf(projection: ProjectionId): string {
  return projection === 1 ? '' : `p${projection}.`;
}

/**
 * The fence: `version` N, `live_ads` N, `live_bytes` N, marks of ad-events S, `last_mark` S (the attribute of
 * the mark moved last). `deleted` N and `expired` N: changes that removed an ad, up to version `counted` N,
 * which is the head's unless a release has moved it that does not count them. Which projections there are:
 * `layout` N (moves with each change of the following; absent is 0), `projection` N (the one that readers
 * use; absent is 1), `second` N (the other one, if every commit writes it too), `switched_at` N (ms). Of each
 * projection, with `p2_` before the name for the second: `snapshot_version` N, `changes_bytes` N (bytes of
 * the changes since the snapshot), `snapshot_bytes` N, `form` N (of its items of ads; absent is 1).
 */
export const headKey: ItemKey = { table: 'ads', pk: 'head', sk: '' };

/** The name of an attribute of the head that each projection has. */
export function ofProjection(projection: ProjectionId, name: string): string {
  return projection === 1 ? name : `p${projection}_${name}`;
}

/**
 * The projection that an operator is building or dropping, or has built: `id` N, `state` S building | kept |
 * dropping, `form` N, `from` N and `through` N (versions: what it held is of these), `owner` S (a nonce of the
 * command that may write it), `at` N (ms).
 */
export const projectionKey: ItemKey = { table: 'ads', pk: 'projection', sk: '' };

/**
 * A live ad: `ad` S (its JSON); in form 1 also `version` N and `end_at` N (ms), which the JSON has too. Deleted
 * with the ad; but if the ad was created a moment ago, a tombstone without `ad` stays until `expires_at`, so
 * that "removed" differs from "not yet there".
 */
export function adKey(adId: string, projection: ProjectionId = 1): ItemKey {
  return { table: 'ads', pk: `${prefixOf(projection)}ad#${adId}`, sk: '' };
}

/**
 * An ad that has ended: `ad` S (its JSON, as it was at its end), `ended_version` N (of the change that removed
 * it), `expires_at`. Belongs to no projection: a commit writes it once, however many there are.
 */
export function endedKey(adId: string): ItemKey {
  return { table: 'ads', pk: `ended#${adId}`, sk: '' };
}

/**
 * The same ad under the UTC day of its end, for lists: `expires_at`. It leaves the ad to the item above, because
 * all ends of a day are in one partition, which takes 1,000 write units a second. Sorts by end, then by id.
 */
export function endedOnDayKey(endAtMs: number, adId: string): ItemKey {
  return { table: 'ads', pk: endedDayPartition(endAtMs), sk: `${endedSortKey(endAtMs)}#${adId}` };
}

export function endedDayPartition(instantMs: number): string {
  return `ended#day#${formatInstant(instantMs).slice(0, 'YYYY-MM-DD'.length)}`;
}

/** Every instant that RFC 3339 can write fits the digits. */
export function endedSortKey(instantMs: number): string {
  return String(instantMs).padStart(15, '0');
}

/** Versions under one `pk`, so that a partition of the change log does not grow without bound. */
const changesPerBucket = 1000;

/** One change: `change` S (its JSON). Never expires. */
export function changeKey(version: number): ItemKey {
  return { table: 'ads', pk: changeBucket(version), sk: changeSortKey(version) };
}

export function changeBucket(version: number): string {
  return `changes#${Math.floor(version / changesPerBucket)}`;
}

export function changeSortKey(version: number): string {
  return String(version).padStart(16, '0');
}

/** The last version in the bucket of `version`. */
export function lastVersionOfBucket(version: number): number {
  return (Math.floor(version / changesPerBucket) + 1) * changesPerBucket - 1;
}

/**
 * The result of an event, which is also the claim on its id: `outcome` S applied | refused, `version` N
 * (applied), `effect` S created | updated | unchanged (applied, of an import), `reason` S (refused), `ad_id` S,
 * `expires_at`.
 */
export function outcomeKey(eventId: string): ItemKey {
  return { table: 'ads', pk: `outcome#${eventId}`, sk: '' };
}

/**
 * A snapshot's table of contents: `state` S writing | complete | removing, `manifest` S (JSON; when
 * complete), `chunks` S (JSON: the hashes of the chunks written or about to be), `place` S blobs (absent: the
 * chunks are items), `created_at` N (ms); sk is the version as in changes.
 */
export function manifestKey(version: number, projection: ProjectionId = 1): ItemKey {
  return { table: 'ads', pk: manifestsPartition(projection), sk: changeSortKey(version) };
}
export function manifestsPartition(projection: ProjectionId = 1): string {
  return `${prefixOf(projection)}snapshots`;
}

/** A chunk of a snapshot, named by the hash of its bytes: `bytes` B. */
export function chunkKey(hash: string, projection: ProjectionId = 1): ItemKey {
  return { table: 'ads', pk: `${prefixOf(projection)}chunk#${hash}`, sk: '' };
}

/** A chunk that is a blob (lib/ports/blob-store.ts): two projections may have chunks with the same bytes. */
export function chunkBlob(hash: string, projection: ProjectionId): string {
  return `${projection}/${hash}`;
}

// ── table requests ───────────────────────────────────────────────────────────────────────────────

/**
 * A request with an Idempotency-Key: `state` S pending | done, `fingerprint` S, `nonce` S, `ad_id` S,
 * `response` S (JSON: status, headers, body; when done), `draft` S (request-identity.ts; while it is pending),
 * `expires_at`.
 */
export function requestKey(principal: string, idempotencyKey: string): ItemKey {
  return { table: 'requests', pk: `request#${principal}#${idempotencyKey}`, sk: '' };
}

/** A principal's calls in a window of `windowMs` (lib/app/rate): `leased` N, `expires_at`. */
export function rateKey(principal: string, window: number): ItemKey {
  return { table: 'requests', pk: `rate#${principal}#${window}`, sk: '' };
}

// ── table tokens ─────────────────────────────────────────────────────────────────────────────────

/**
 * An API token by its id: `name` S, `scopes` S (separated by blanks), `principal` S, `hash` S (of id and
 * secret), `created_at` N (ms), `expires_at` if it expires. All are in one partition, because they are few
 * and are listed; guesses do not read it, because each token has a guard.
 */
export function tokenKey(id: string): ItemKey {
  return { table: 'tokens', pk: tokensPartition, sk: id };
}
export const tokensPartition = 'tokens';

/** The guard of a token (lib/app/tokens/token-guards.ts): `hash` S, as the token has it, `expires_at` if it expires. */
export function tokenGuardKey(id: string): ItemKey {
  return { table: 'tokens', pk: `guard#${id}`, sk: '' };
}

/**
 * A token has been made. `guarded` N: each has its guard; `guards_by` S: a nonce of the command that is making guards.
 * Never expires: from then on the data folder requires tokens.
 */
export const tokenMadeKey: ItemKey = { table: 'tokens', pk: 'token-made', sk: '' };

// ── table delivery ───────────────────────────────────────────────────────────────────────────────

/**
 * A key that signs decision tokens (lib/app/delivery/signing-keys.ts): `secret` B (32 bytes), `created_at` N and
 * `signs_from` N (ms), `expires_at` if it is retired. All are in one partition: they are few and read together.
 */
export function signingKeyKey(id: number): ItemKey {
  return { table: 'delivery', pk: signingKeysPartition, sk: String(id).padStart(10, '0') };
}
export const signingKeysPartition = 'keys';

/**
 * The ledger of an ad with a goal (lib/core/delivery/goals/ledger.ts): `generation` N, `plan` N, `used` N, `closed` N,
 * `l<epoch>` N, `d<day>` N, `returned` N if rights came back, `over` N if impressions were counted without a right; once a
 * line is drawn `t0` N (ms), `u0` N, `t1` N (ms), `u1` N, `since` N (ms), `since_used` N, `since_all` N. Never expires. Absent: the ad
 * has no rights.
 */
export function ledgerKey(adId: string): ItemKey {
  return { table: 'delivery', pk: `ledger#${adId}`, sk: '' };
}

/**
 * Decisions for a user in a window of a cap (lib/app/delivery/user-caps.ts): `n` N, `expires_at`. `userHash`: 32 hex
 * digits. Windows that have not ended are those after `capSortKeyAfter`. They are of one partition and have equal
 * keys only if the end, the period and the thing are equal.
 */
export function capKey(userHash: string, window: CapWindow): ItemKey {
  return { table: 'delivery', pk: capsPartition(userHash), sk: capSortKey(window) };
}

export function capsPartition(userHash: string): string {
  return `freq#${userHash}`;
}

export function capSortKey({ endMs, periodMs, thing }: CapWindow): string {
  return `${capSeconds(endMs)}#${String(periodMs / 60_000).padStart(5, '0')}#${thing}`;
}

export function thingOfCap(sortKey: string): string {
  return sortKey.slice('sssssssssss#ppppp#'.length);
}

export function capSortKeyAfter(atMs: number): string {
  return `${capSeconds(atMs)}~`;
}

function capSeconds(atMs: number): string {
  return String(Math.floor(atMs / 1000)).padStart(11, '0');
}
