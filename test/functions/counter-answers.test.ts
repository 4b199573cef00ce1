import { describe, expect, it } from '@jest/globals';
import { stageSettings } from '../../lib/stages.ts';
import { metrics } from '../../lib/ports/telemetry.ts';
import { createHttpWorld } from '../support/http-world.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';

async function build() {
  const telemetry = createRecordingTelemetry();
  const world = createHttpWorld({ settings: stageSettings('dev'), telemetry });
  for (let i = 0; i < 25; i += 1) await world.post('/increment?mode=sync', { key: `k${i}`, value: i + 1 });
  // The sketch of hot keys has all of them.
  await world.clock.advance(10_001);
  await world.post('/increment?mode=sync', { key: 'k0', value: 1 });
  return { ...world, telemetry };
}

describe('answers about counters', () => {
  it('are in no cache, found or not, since any increment changes them', async () => {
    const { get } = await build();
    for (const [path, status] of [
      ['/increment/k1', 200],
      ['/increment/nobody', 404],
      ['/api/v1/counters/k1', 200],
      ['/api/v1/counters/nobody', 404],
      ['/api/v1/counters?key=k1&key=k2', 200],
      ['/api/v1/counters?top=5', 200],
      ['/api/v1/hot-counters', 200],
      ['/api/v1/counters/k1/series?bucket=hour', 200],
      ['/api/v1/counters/nobody/series?bucket=hour', 404],
      ['/api/v1/counters?key=', 400],
    ] as const) {
      const reply = await get(path);
      expect([path, reply.status, reply.headers['Cache-Control']]).toEqual([path, status, 'no-store']);
    }
  });

  it('list twenty hot counters by default, and as many as are asked for', async () => {
    const { get } = await build();
    const lengths = async (path: string): Promise<readonly number[]> => {
      const { recent, all } = (await get(path)).json as Record<string, { keys: readonly unknown[] }>;
      return [recent!.keys.length, all!.keys.length];
    };
    expect(await lengths('/api/v1/hot-counters')).toEqual([20, 20]);
    expect(await lengths('/api/v1/hot-counters?limit=3')).toEqual([3, 3]);
    expect(await lengths('/api/v1/hot-counters?limit=100')).toEqual([25, 25]);
    expect(await lengths('/api/v1/counters?top=7')).toEqual([7, 7]);
  });

  it.each([
    ['/api/v1/counters/k1', 0],
    ['/api/v1/counters/nobody', 1],
    ['/increment/nobody', 1],
    ['/api/v1/counters?key=k1&key=k2', 0],
    ['/api/v1/counters?key=k1&key=x&key=k2&key=y&key=z', 3],
    ['/api/v1/counters/nobody/series?bucket=hour', 1],
  ])('tell how many counters were not found: %s, %d', async (path, count) => {
    const { get, telemetry } = await build();
    await get(path);
    expect(telemetry.total(metrics.counterNotFound)).toBe(count);
  });
});
