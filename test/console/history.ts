import { encodeIncrement } from '../../lib/app/counters/increment-codec.ts';
import { openStage } from '../../lib/operator/open-stage.ts';
import { Prng } from '../support/prng.ts';

const minuteMs = 60_000;
const minutes = 60;

/**
 * Logs an hour of increments of each key, as ingest would have logged them then: a wave, and more of the
 * first keys. For a runtime to be started on the folder afterwards, which counts them.
 */
export async function logAnHour(folder: string, keys: readonly string[]): Promise<void> {
  const prng = new Prng(3);
  const stage = await openStage({ stage: 'local', data: folder, create: true });
  const startMs = Date.now() - minutes * minuteMs;
  const entries = keys.flatMap((key, place) =>
    Array.from({ length: minutes }, (_, minute) => {
      const wave = 1 + Math.sin((minute + 7 * place) / 9) / 2;
      const value = Math.round((wave * prng.int(800, 1100)) / (place + 1));
      const id = prng
        .int(0, 2 ** 31)
        .toString(16)
        .padStart(8, '0')
        .repeat(4);
      const fields = { value: String(value), count: 1, keyed: false, at: startMs + minute * minuteMs };
      return {
        partitionKey: key,
        data: encodeIncrement({ v: 1, type: 'Incremented', id, key, ...fields }),
      };
    }),
  );
  const appended = await stage.increments.append(entries);
  await stage.close();
  if (appended.some(({ status }) => status !== 'appended')) throw new Error('the log takes nothing');
}
