import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLmdb, type LmdbStores, type OpenLmdbOptions } from '../../lib/adapters/lmdb/open-lmdb.ts';

const hourMs = 3_600_000;

/** A small stage: two streams, the increments in three shards. */
export const testStreams: OpenLmdbOptions['streams'] = {
  'ad-events': { epoch: '1', shardCount: 1, retentionMs: hourMs },
  increments: { epoch: '1', shardCount: 3, retentionMs: hourMs },
};

export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'adtally-lmdb-'));
}

/** Opens a folder of its own, gone again when closed. */
export function openFresh(options: Partial<OpenLmdbOptions> = {}): LmdbStores & { readonly folder: string } {
  const folder = freshFolder();
  const stores = openLmdb({ folder, streams: testStreams, ...options });
  return {
    ...stores,
    folder,
    async close() {
      await stores.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The same, for a process beside the one that owns the folder. */
export const besideOwner: OpenLmdbOptions['streams'] = {
  'ad-events': { ...testStreams['ad-events'], shardCount: 'as-stored', trims: false },
  increments: { ...testStreams.increments, shardCount: 'as-stored', trims: false },
};
