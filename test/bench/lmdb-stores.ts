import { openLmdb, type LmdbStores } from '../../lib/adapters/lmdb/open-lmdb.ts';

/** Opens them as the embedded runtime does, with logs that nothing reads. */
export function openBenchLmdb(folder: string): LmdbStores {
  const stream = { epoch: '1', shardCount: 1, retentionMs: 3_600_000, consumers: [] };
  return openLmdb({ folder, streams: { 'ad-events': stream, increments: stream } });
}
