import { type AdChange, changeFromJson } from '../../core/ads/ad-change.ts';
import { queryItemsMax } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { changeBucket, changeSortKey, lastVersionOfBucket } from '../state-keys.ts';

/** The change log has a gap or an invalid entry: `fromVersion` could not be read. */
export class ChangeLogGapError extends Error {
  override readonly name = 'ChangeLogGapError';

  constructor(fromVersion: number) {
    super(`the change log cannot be read from version ${fromVersion} on`);
  }
}

/**
 * Buckets that are read in parallel, so that a reader far behind waits for one round trip and not for one per
 * bucket.
 */
const concurrentBucketsMax = 8;

/**
 * Yields the changes after `afterVersion` up to `throughVersion`, in order and without a gap, some at a time.
 * Rejects with a ChangeLogGapError or a StateStoreError; the changes that it yielded before are right.
 */
export async function* readChanges(
  { state }: Pick<Ports, 'state'>,
  afterVersion: number,
  throughVersion: number,
): AsyncGenerator<readonly AdChange[], undefined> {
  let version = afterVersion;
  while (version < throughVersion) {
    const ranges: VersionRange[] = [];
    for (let after = version; after < throughVersion && ranges.length < concurrentBucketsMax;) {
      const through = Math.min(lastVersionOfBucket(after + 1), throughVersion);
      ranges.push({ after, through });
      after = through;
    }
    for (const changes of await Promise.all(ranges.map((range) => readBucket(state, range)))) {
      yield changes;
      version += changes.length;
    }
  }
  return undefined;
}

/** Versions after `after` up to `through`, within one bucket. */
interface VersionRange {
  readonly after: number;
  readonly through: number;
}

async function readBucket(
  state: Ports['state'],
  { after, through }: VersionRange,
): Promise<readonly AdChange[]> {
  const pk = changeBucket(through);
  const changes: AdChange[] = [];
  let last = after;
  while (last < through) {
    const page = await state.query({
      table: 'ads',
      pk,
      after: changeSortKey(last),
      through: changeSortKey(through),
      limit: queryItemsMax,
    });
    for (const { attributes } of page.items) {
      const change = typeof attributes.change === 'string' ? changeFromJson(attributes.change) : undefined;
      if (change?.version !== last + 1) throw new ChangeLogGapError(last + 1);
      changes.push(change);
      last = change.version;
    }
    // Each round reads at least one item, so a bucket's size bounds the rounds.
    if (page.items.length === 0) throw new ChangeLogGapError(last + 1);
  }
  return changes;
}
