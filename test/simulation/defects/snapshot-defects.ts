import type { SimulatedDefect } from '../../plant/defect.ts';

const writer = 'lib/app/ads/snapshot-writer.ts';
const recovery = 'lib/app/ads/ad-recovery.ts';
const commit = 'lib/app/ads/ad-commit.ts';
const itemActions = 'lib/app/ads/ad-item-actions.ts';
const cleaner = 'lib/app/ads/snapshot-upkeep.ts';

/** The change log, its snapshots, and the way back from them. */
export const snapshotDefects: readonly SimulatedDefect[] = [
  {
    name: 'pointer-before-chunks',
    file: writer,
    find: `    else await writeChunks(deps, group, projection);
    if (!done) continue;`,
    replace: `    else if (!done) await writeChunks(deps, group, projection);
    if (!done) continue;
    if (manifest !== undefined) {
      const moved = await finish(deps, { ...manifest, blobs: blobs !== undefined }, head, projection);
      if (moved !== undefined && !blobs) await writeChunks(deps, group, projection);
      return moved;
    }`,
    breaks: 'A process that dies between pointer and chunks leaves a complete snapshot that cannot be read.',
    expects: ['G5'],
  },
  {
    name: 'failed-chunks-not-noticed',
    file: writer,
    find: `  const failure = results.find(isStateStoreError);
  if (failure !== undefined) throw failure;`,
    replace: `  void results.find(isStateStoreError);`,
    breaks: 'A snapshot is declared complete though the store refused a chunk of it.',
    expects: ['G5'],
  },
  {
    name: 'changes-after-the-snapshot-skipped',
    file: recovery,
    find: `  else if (follower.version > 0) follower.load(follower.createRows(), 0);
  await follow(deps, head, follower);`,
    replace: `  else if (follower.version > 0) follower.load(follower.createRows(), 0);
  if (snapshot === undefined) await follow(deps, head, follower);`,
    breaks: 'A cold reader shows the catalog as it was at the last snapshot.',
    expects: ['G3', 'G5', 'G7', 'I6'],
  },
  {
    name: 'removals-not-logged',
    file: commit,
    find: `    ...plan.overlay.changes.map((change, index): WriteAction => {`,
    replace: `    ...plan.overlay.changes.flatMap((change, index): WriteAction | [] => {
      if (change.type === 'remove' && change.reason === 'expired') return [];`,
    breaks: 'The change log has gaps where ads expired, and no reader can follow it past them.',
    expects: ['G3', 'G5', 'I14'],
  },
  {
    name: 'ad-item-not-removed',
    file: itemActions,
    find: `  if (untilMs === undefined) return { type: 'delete', key };`,
    replace: `  if (untilMs === undefined) return { type: 'check', key, condition: { op: 'item-present' } };`,
    breaks: 'A deleted ad is still read by its id.',
    expects: ['G3', 'G5', 'I10'],
  },
  {
    name: 'snapshots-removed-at-once',
    file: cleaner,
    find: `    return old(complete[complete.indexOf(item) + snapshotsKept]);`,
    replace: `    return old(item) || complete.length > snapshotsKept - 1;`,
    breaks: 'The older snapshot is gone when the newest turns out to be corrupt.',
    expects: ['G5'],
  },
  {
    name: 'newest-snapshot-removed',
    file: cleaner,
    find: `    if (newest === undefined || item.sk >= newest.sk) return false;`,
    replace: `    if (newest === undefined || item.sk > newest.sk) return false;
    if (item === newest) return complete.length > 1;`,
    breaks: 'The cleanup removes the snapshot that the head points to.',
    expects: ['G5'],
  },
  {
    name: 'live-bytes-only-grow',
    file: 'lib/core/ads/ad-state.ts',
    find: `    if (this.#liveBytes !== undefined) this.#liveBytes -= this.#bytesOf(adId);
    return`,
    replace: `    return`,
    breaks: 'A projector that has run for long refuses ads that a new one would accept.',
    expects: ['G3', 'G5', 'I10'],
  },
];
