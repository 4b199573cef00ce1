import { openLmdb } from '../../lib/adapters/lmdb/open-lmdb.ts';
import { consumers } from '../../lib/embedded/delivery/deliveries.ts';
import { stageSettings } from '../../lib/stages.ts';

const retentionMs = 7 * 24 * 3_600_000;

/** The stores of a data folder, with the streams as the runtime of the local stage has them. */
export function openDataFolder(folder: string): ReturnType<typeof openLmdb> {
  const { streams } = stageSettings('local');
  return openLmdb({
    folder,
    streams: {
      'ad-events': { ...streams['ad-events'], retentionMs, consumers: [consumers['ad-events']] },
      increments: { ...streams.increments, retentionMs, consumers: [consumers.increments] },
    },
  });
}
