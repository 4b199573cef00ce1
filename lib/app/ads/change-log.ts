import { type AdChange, changeFromJson } from '../../core/ads/ad-change.ts';
import type { Consistency } from '../../core/consistency.ts';
import { queryItemsMax, type StateReads, type StoredItem } from '../../ports/state-store.ts';
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
  { state }: { readonly state: StateReads },
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

async function readBucket(state: StateReads, { after, through }: VersionRange): Promise<readonly AdChange[]> {
  const pk = changeBucket(through);
  const changes: AdChange[] = [];
  let last = after;
  // A change never changes, so an eventual read can only miss it. From the first that is missing on, a strong one knows.
  let consistency: Consistency = 'eventual';
  while (last < through) {
    const range = { table: 'ads', pk, after: changeSortKey(last), through: changeSortKey(through) } as const;
    const { items } = await state.query({ ...range, limit: queryItemsMax }, { consistency });
    const next = changesFrom(items, last + 1);
    // Each round reads at least one change or is the last eventual one, so a bucket's size bounds the rounds.
    if (next.length < Math.max(items.length, 1)) {
      if (consistency === 'strong') throw new ChangeLogGapError(last + next.length + 1);
      consistency = 'strong';
    }
    changes.push(...next);
    last += next.length;
  }
  return changes;
}

/** The changes from this version on, up to the first item that is not the next one. */
function changesFrom(items: readonly StoredItem[], version: number): readonly AdChange[] {
  const changes: AdChange[] = [];
  for (const { attributes } of items) {
    const change = typeof attributes.change === 'string' ? changeFromJson(attributes.change) : undefined;
    if (change?.version !== version + changes.length) break;
    changes.push(change);
  }
  return changes;
}
