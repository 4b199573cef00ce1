import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { joinFolder } from '../../lib/adapters/lmdb/join-folder.ts';
import { openLmdb } from '../../lib/adapters/lmdb/open-lmdb.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { startRuntime } from '../../lib/embedded/runtime.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import { stageSettings } from '../../lib/stages.ts';
import { eventually } from '../contracts/eventually.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';

const minuteMs = 60_000;

/** A clock whose wall time a test sets forward, and whose sleeps it ends. */
function createHurriedClock(): Clock & { pass(ms: number): void; endSleeps(): void } {
  let aheadMs = 0;
  let hurry = new AbortController();
  return {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + aheadMs,
    sleep: (durationMs, signal) =>
      systemClock.sleep(
        durationMs,
        AbortSignal.any([hurry.signal, ...(signal === undefined ? [] : [signal])]),
      ),
    pass(ms) {
      aheadMs += ms;
    },
    endSleeps() {
      hurry.abort();
      hurry = new AbortController();
    },
  };
}

it.each([
  ['increments', 'increments'],
  ['ad-events', 'adEvents'],
] as const)(
  'the log of %s keeps its records for the hours of its stage and not longer',
  async (stream, log) => {
    const folder = await mkdtemp(join(tmpdir(), 'adtally-retention-'));
    const clock = createHurriedClock();
    const settings = stageSettings('local');
    const runtime = await startRuntime({ folder, settings, log: nullTelemetry, clock });
    const write = async (text: string): Promise<void> => {
      const [path, body] =
        log === 'increments'
          ? ['increment', { key: text, value: 1 }]
          : [
              'api/v1/ad',
              {
                title: `ad ${text}`,
                content: text,
                start_at: '2026-01-01T00:00:00Z',
                end_at: '2126-01-01T00:00:00Z',
              },
            ];
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${runtime.url}/${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(202);
      await runtime.idle();
    };
    const { 'ad-events': ads, increments } = settings.streams;
    const beside = { shardCount: 'as-stored', trims: false, retentionMs: 1 } as const;
    const reader = await joinFolder(runtime.folder, systemClock, () =>
      openLmdb({
        folder,
        streams: {
          'ad-events': { epoch: ads.epoch, ...beside },
          increments: { epoch: increments.epoch, ...beside },
        },
      }),
    );
    const texts = async (): Promise<string> => {
      const shards = await reader[log].shards();
      const pages = await Promise.all(
        shards.map(({ shardId }) =>
          reader[log].read(shardId, undefined, { recordsMax: 10, bytesMax: 100_000 }),
        ),
      );
      return pages
        .flat()
        .map(({ data }) => Buffer.from(data).toString())
        .join();
    };

    await write('first');
    clock.pass(2 * minuteMs);
    await write('second');
    expect(await texts()).toMatch(/first/);
    // One minute more than the first may stay, and one less than the second.
    clock.pass(settings.streams[stream].retentionHours * 60 * minuteMs - minuteMs);
    await eventually('the end of the first', async () => {
      clock.endSleeps();
      return (await texts()).includes('first') ? undefined : true;
    });
    expect(await texts()).toMatch(/second/);
    await reader.close();
    await runtime.stop();
    await rm(folder, { recursive: true });
  },
);
