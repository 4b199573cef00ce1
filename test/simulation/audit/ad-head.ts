import type { Attributes, AttributeValue } from '../../../lib/ports/state-store.ts';

/** The head item of the ads, read with our own eyes (its layout: lib/app/state-keys.ts). */
export interface HeadSeen {
  readonly version: number;
  readonly snapshotVersion: number;
  /** Of the second projection. */
  readonly secondSnapshotVersion: number;
  readonly liveAds: number;
  readonly liveBytes: number;
  /** Changes that removed an ad, and the version up to which they are counted. */
  readonly deleted: number;
  readonly expired: number;
  readonly counted: number;
  /** By `epoch|shard`: the number settled last. */
  readonly marks: ReadonlyMap<string, bigint>;
}

export function seeHead(item: Attributes | undefined): HeadSeen {
  const marks = new Map<string, bigint>();
  for (const [name, value] of Object.entries(item ?? {})) {
    const [kind, epoch = '', shardId = ''] = name.split('|');
    // Three digits of length, the number, '@' and a second.
    if (kind === 'hw' && typeof value === 'string')
      marks.set(`${epoch}|${shardId}`, BigInt(value.split('@')[0]?.slice(3) ?? ''));
  }
  return {
    version: toNumber(item?.version),
    snapshotVersion: toNumber(item?.snapshot_version),
    secondSnapshotVersion: toNumber(item?.p2_snapshot_version),
    liveAds: toNumber(item?.live_ads),
    liveBytes: toNumber(item?.live_bytes),
    deleted: toNumber(item?.deleted),
    expired: toNumber(item?.expired),
    counted: toNumber(item?.counted),
    marks,
  };
}

function toNumber(value: AttributeValue | undefined): number {
  return typeof value === 'bigint' ? Number(value) : 0;
}
