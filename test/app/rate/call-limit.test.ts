import { expect, it } from '@jest/globals';
import { createCallLimit } from '../../../lib/app/rate/call-limit.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { createMemoryStateStore } from '../../support/memory/memory-state-store.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

it('holds the rate of the settings as they are at each call, and writes nothing while they have none', async () => {
  const clock = createVirtualClock();
  const state = createMemoryStateStore();
  let writes = 0;
  const counted = {
    ...state,
    write: (...write: Parameters<typeof state.write>) => {
      writes += 1;
      return state.write(...write);
    },
  };
  let tokens = { ...stageSettings('prod').tokens, exactLimit: false, rate: { ratePerSecond: 1, burst: 1 } };
  const settings = {
    ...stageSettings('prod'),
    get tokens() {
      return tokens;
    },
  };
  const take = createCallLimit({ state: counted, clock, telemetry: nullTelemetry, settings });
  const allowed = async (calls: number): Promise<number> => {
    let count = 0;
    for (let call = 0; call < calls; call += 1) if ((await take('p')) === 0) count += 1;
    return count;
  };

  expect([await allowed(20), writes]).toEqual([20, 0]);
  tokens = { ...tokens, exactLimit: true };
  // A window of 5 s at 1 a second.
  expect(await allowed(20)).toBe(5);
  await clock.advance(5000);
  tokens = { ...tokens, rate: { ratePerSecond: 2, burst: 1 } };
  expect(await allowed(20)).toBe(10);
  tokens = { ...tokens, exactLimit: false };
  expect(await allowed(20)).toBe(20);
});

it('holds the own rate of a token in every stage, beside the rate of the others', async () => {
  for (const exactLimit of [false, true]) {
    const clock = createVirtualClock();
    const prod = stageSettings('prod');
    const tokens = { ...prod.tokens, exactLimit, rate: { ratePerSecond: 2, burst: 1 } };
    const settings = { ...prod, tokens };
    const state = createMemoryStateStore();
    const take = createCallLimit({ state, clock, telemetry: nullTelemetry, settings });
    const own = { ratePerSecond: 1, burst: 3 };
    const allowed = async (principal: string, rate?: typeof own): Promise<number> => {
      let count = 0;
      for (let call = 0; call < 20; call += 1) if ((await take(principal, rate)) === 0) count += 1;
      return count;
    };
    expect(await allowed('slow', own)).toBe(5);
    expect(await allowed('fast', { ratePerSecond: 3, burst: 1 })).toBe(15);
    expect(await allowed('usual')).toBe(exactLimit ? 10 : 20);
    await clock.advance(5000);
    expect(await allowed('slow', own)).toBe(5);
  }
});
