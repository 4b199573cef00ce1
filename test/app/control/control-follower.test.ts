import { describe, expect, it } from '@jest/globals';
import { createControlFollower } from '../../../lib/app/control/control-follower.ts';
import { StateStoreError, type Attributes } from '../../../lib/ports/state-store.ts';
import { createCounterWorld } from '../../support/counter-world.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const controlItem = { table: 'counters', pk: 'control', sk: '' } as const;

function build(everyMs?: number) {
  const clock = createVirtualClock();
  const { memoryState, telemetry } = createCounterWorld();
  let reads = 0;
  let isDown = false;
  let slowly: Promise<unknown> | undefined;
  const state = {
    ...memoryState,
    get: async (key: Parameters<typeof memoryState.get>[0]) => {
      reads += 1;
      if (isDown) throw new StateStoreError('state-unavailable', 'down');
      await slowly;
      return memoryState.get(key);
    },
  };
  const follower = createControlFollower({ state, clock, telemetry }, everyMs);
  const put = (version: bigint, content: string, more: Attributes = {}) =>
    memoryState.write({
      type: 'put',
      key: controlItem,
      attributes: { version, content, by: 'ann', at: 5n, change_id: `c${version}`, ...more },
    });
  return {
    ...{ clock, memoryState, telemetry, follower, put },
    reads: () => reads,
    setDown: (down: boolean) => void (isDown = down),
    setSlow: (until: Promise<unknown>) => void (slowly = until),
  };
}

describe('a container that follows the control item', () => {
  it('is as deployed before its first check, and where nothing was changed', async () => {
    const { follower, telemetry } = build();
    expect(follower.current).toMatchObject({ version: 0, content: {}, seriesFromMs: {} });
    await follower.check();
    expect(follower.current).toMatchObject({ version: 0, content: {} });
    expect(telemetry.total('control_unread')).toBe(0);
    expect(telemetry.lines).toEqual([]);
  });

  it('reads it at once, and then at most every five seconds', async () => {
    const { clock, follower, put, reads } = build();
    await put(1n, '{"trace_share":0.5}', { series_from: '{"hour":7,"week":8}' });
    await follower.check();
    expect(follower.current).toEqual({
      ...{ version: 1, by: 'ann', atMs: 5, changeId: 'c1', seriesFromMs: { hour: 7 } },
      content: { trace_share: 0.5 },
    });
    await put(2n, '{}', { restores: 1n });
    await clock.advance(4999);
    await follower.check();
    expect([reads(), follower.current.version]).toEqual([1, 1]);
    await clock.advance(1);
    await follower.check();
    expect([reads(), follower.current.version, follower.current.restores]).toEqual([2, 2, 1]);
  });

  it('reads it at each check where it may', async () => {
    const { follower, reads } = build(0);
    await follower.check();
    await follower.check();
    expect(reads()).toBe(2);
  });

  it('notices time by either clock: the monotonic one may stand still while a container is frozen', async () => {
    const { clock, follower, reads } = build();
    await follower.check();
    clock.jump(5000);
    await follower.check();
    expect(reads()).toBe(2);
    clock.jump(-3_600_000);
    await follower.check();
    expect(reads()).toBe(2);
    await clock.advance(5000);
    await follower.check();
    expect(reads()).toBe(3);
  });

  it('shares one read between the calls that overlap', async () => {
    const { follower, reads } = build(0);
    await Promise.all([follower.check(), follower.check(), follower.check()]);
    expect(reads()).toBe(1);
  });

  it('waits for a slow store once, and for the first state until it has come', async () => {
    const { clock, follower, put, setSlow, reads } = build();
    const first = Promise.withResolvers<undefined>();
    setSlow(first.promise);
    await put(1n, '{}');
    let isChecked = false;
    const checked = follower.check().then(() => void (isChecked = true));
    await clock.advance(4000);
    expect(isChecked).toBe(false);
    first.resolve(undefined);
    await checked;
    expect(follower.current.version).toBe(1);
    const second = Promise.withResolvers<undefined>();
    setSlow(second.promise);
    await put(2n, '{}');
    await clock.advance(5000);
    const waiting = follower.check().then(() => void (isChecked = true));
    isChecked = false;
    await clock.advance(249);
    expect(isChecked).toBe(false);
    await clock.advance(1);
    await waiting;
    // The read goes on: nobody waits for it again.
    await follower.check();
    expect([follower.current.version, reads()]).toEqual([1, 2]);
    second.resolve(undefined);
    await clock.advance(1);
    expect(follower.current.version).toBe(2);
  });

  it('reads anew after a container was frozen with a read', async () => {
    const { clock, follower, put, setSlow, reads } = build();
    await put(1n, '{}');
    await follower.check();
    const frozen = Promise.withResolvers<undefined>();
    setSlow(frozen.promise);
    await clock.advance(5000);
    const waiting = follower.check();
    await clock.advance(250);
    await waiting;
    clock.jump(600_000);
    // The store may hang as before.
    const hanging = follower.check();
    await clock.advance(5);
    await hanging;
    expect([follower.current.version, reads()]).toEqual([1, 2]);
    const checked = follower.check();
    frozen.resolve(undefined);
    await put(2n, '{}');
    await checked;
    expect([follower.current.version, reads()]).toEqual([2, 3]);
  });

  it('keeps the object while nothing changes, and says so when something does', async () => {
    const { clock, follower, put, telemetry } = build();
    await put(3n, '{}');
    await follower.check();
    const { current } = follower;
    await clock.advance(5000);
    await follower.check();
    expect(follower.current).toBe(current);
    expect(telemetry.observations('control_version')).toEqual([3]);
    expect(telemetry.lines).toMatchObject([{ level: 'info', fields: { version: 3 } }]);
  });

  it('keeps the last good one while the store is down or a later release wrote it, and says so once', async () => {
    const { clock, follower, put, setDown, telemetry } = build();
    await put(1n, '{"live_ads_max":5}');
    await follower.check();
    telemetry.lines.length = 0;
    setDown(true);
    for (let i = 0; i < 3; i += 1) {
      await clock.advance(5000);
      await follower.check();
    }
    expect(follower.current.content).toEqual({ live_ads_max: 5 });
    expect(telemetry.total('control_unread')).toBe(3);
    expect(telemetry.lines).toMatchObject([
      { level: 'error', fields: { code: 'state-unavailable', follows: 1 } },
    ]);
    setDown(false);
    await clock.advance(5000);
    await follower.check();
    await put(2n, '{"live_ads_max":6,"colour":"SECRET"}');
    await clock.advance(5000);
    await follower.check();
    expect(follower.current).toMatchObject({ version: 1, content: { live_ads_max: 5 } });
    expect(telemetry.total('control_unread')).toBe(4);
    expect(telemetry.lines).toHaveLength(2);
    expect(telemetry.lines[1]).toMatchObject({
      level: 'error',
      fields: { version: 2, follows: 1, faults: 'the content: has a field that this version does not know' },
    });
    await put(3n, '{"live_ads_max":7}');
    await clock.advance(5000);
    await follower.check();
    expect(follower.current.content).toEqual({ live_ads_max: 7 });
  });

  it.each(['', 'null', '[1]', '{"hour":"soon"}', '{"hour":-1}'])(
    'keeps the last good one when a hand has spoilt an attribute: %j',
    async (seriesFrom) => {
      const { clock, follower, put, telemetry } = build();
      await put(1n, '{"live_ads_max":5}');
      await follower.check();
      await put(2n, '{"live_ads_max":6}', { series_from: seriesFrom });
      await clock.advance(5000);
      await follower.check();
      expect([follower.current.version, telemetry.total('control_unread')]).toEqual([1, 1]);
    },
  );

  it('goes back when the table has been restored', async () => {
    const { clock, follower, put, memoryState } = build();
    await put(9n, '{"live_ads_max":9}');
    await follower.check();
    await put(4n, '{"live_ads_max":4}');
    await clock.advance(5000);
    await follower.check();
    expect(follower.current.version).toBe(4);
    await memoryState.write({ type: 'delete', key: controlItem });
    await clock.advance(5000);
    await follower.check();
    expect(follower.current).toMatchObject({ version: 0, content: {} });
  });

  it('passes on what is a bug', async () => {
    const { clock, telemetry } = build();
    const state = { get: () => Promise.reject(new TypeError('a bug')) } as never;
    const follower = createControlFollower({ state, clock, telemetry });
    await expect(follower.check()).rejects.toThrow('a bug');
  });
});
