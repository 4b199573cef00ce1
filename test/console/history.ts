import { encodeIncrement } from '../../lib/app/counters/increment-codec.ts';
import { encodeTracked } from '../../lib/app/delivery/tracked-codec.ts';
import { deliveryKey, type DeliveryKind } from '../../lib/core/delivery/delivery-key.ts';
import { openStage } from '../../lib/operator/open-stage.ts';
import type { LogEntry } from '../../lib/ports/event-log.ts';
import { Prng } from '../support/prng.ts';

const minuteMs = 60_000;
const minutes = 60;
const appendMax = 500;

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
  await appendAndClose(stage, entries);
}

/**
 * Logs an hour of impressions and clicks of an ad in the same way: a wave, a click in twelve, and some that are not
 * counted.
 */
export async function logAnHourOfAd(folder: string, ad: string): Promise<void> {
  const prng = new Prng(4);
  const stage = await openStage({ stage: 'local', data: folder });
  const startMs = Date.now() - minutes * minuteMs;
  const entry = (kind: DeliveryKind, minute: number, more: { readonly invalid?: 'bot' } = {}) => {
    const at = startMs + minute * minuteMs;
    const fields = { id: idFrom(prng), ad, kind, at, generation: 0, epoch: 0, ...more };
    const data = encodeTracked({ v: 1, type: 'Tracked', ...fields });
    return { partitionKey: deliveryKey(ad, kind), data };
  };
  const entries = Array.from({ length: minutes }, (_, minute) => {
    const wave = 1 + Math.sin(minute / 9) / 2;
    const seen = Array.from({ length: Math.round(wave * prng.int(8, 14)) }, () =>
      entry('impression', minute),
    );
    const clicked = seen.filter(() => prng.chance(1 / 12)).map(() => entry('click', minute));
    const again = seen.filter(() => prng.chance(0.02));
    const robots = prng.chance(0.2) ? [entry('impression', minute, { invalid: 'bot' })] : [];
    return [...seen, ...clicked, ...again, ...robots];
  });
  await appendAndClose(stage, entries.flat());
}

function idFrom(prng: Prng): string {
  const part = (): string =>
    prng
      .int(0, 2 ** 31)
      .toString(16)
      .padStart(8, '0');
  return part() + part() + part() + part();
}

async function appendAndClose(
  stage: Awaited<ReturnType<typeof openStage>>,
  entries: readonly LogEntry[],
): Promise<void> {
  for (let at = 0; at < entries.length; at += appendMax) {
    const appended = await stage.increments.append(entries.slice(at, at + appendMax));
    if (appended.some(({ status }) => status !== 'appended')) throw new Error('the log takes nothing');
  }
  await stage.close();
}
