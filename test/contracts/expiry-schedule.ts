import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ExpirySchedule } from '../../lib/ports/expiry-schedule.ts';
import type { ScheduledExpiry, ScheduleReader } from '../../lib/ports/schedule-reader.ts';
import { eventually } from './eventually.ts';
import { unique } from './unique.ts';

export interface ExpiryScheduleUnderTest {
  readonly schedule: ExpirySchedule;
  /** What is set under a name, however the adapter can be asked; undefined: nothing. */
  readonly find: (name: string) => Promise<ScheduledExpiry | undefined>;
  /** The read end, where the runtime fires the schedules itself. */
  readonly reader?: ScheduleReader;
  close?(): Promise<void>;
}

export interface ExpiryScheduleCapabilities {
  /** `reader` is given. */
  readonly fires: boolean;
}

/** Year 2100: no scheduler fires it while the test runs. */
const farMs = 4_102_444_800_000;

/** The contract of `ExpirySchedule` and `ScheduleReader` (lib/ports), for every adapter. */
export function testExpirySchedule(
  name: string,
  open: () => Promise<ExpiryScheduleUnderTest>,
  capabilities: ExpiryScheduleCapabilities,
): void {
  describe(`${name} keeps the contract of the expiry schedule`, () => {
    let opened: ExpiryScheduleUnderTest | undefined;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened?.close?.();
    });
    const underTest = (): ExpiryScheduleUnderTest => {
      if (opened === undefined) throw new Error('the schedule did not open');
      return opened;
    };

    testSetAndClear(underTest);
    if (capabilities.fires) testFiring(underTest);
  });
}

function fresh(atMs: number): ScheduledExpiry {
  return { name: unique('ad'), atMs, input: { adId: unique('id'), endAtMs: atMs - 500 } };
}

function testSetAndClear(underTest: () => ExpiryScheduleUnderTest): void {
  test('a schedule is kept with its time and input', async () => {
    const { schedule, find } = underTest();
    const wanted = fresh(farMs);
    await schedule.set(wanted);
    expect(await eventually('the schedule', async () => find(wanted.name))).toEqual(wanted);
  });

  test('a name that exists is left as it is', async () => {
    const { schedule, find } = underTest();
    const first = fresh(farMs);
    await schedule.set(first);
    await schedule.set({ ...fresh(farMs + 60_000), name: first.name });
    expect(await eventually('the schedule', async () => find(first.name))).toEqual(first);
  });

  test('a cleared schedule is gone, and its name is free again', async () => {
    const { schedule, find } = underTest();
    const first = fresh(farMs);
    await schedule.set(first);
    await schedule.clear(first.name);
    await eventually('the end of it', async () =>
      (await find(first.name)) === undefined ? true : undefined,
    );
    const second = { ...fresh(farMs + 60_000), name: first.name };
    await schedule.set(second);
    expect(await eventually('the schedule', async () => find(first.name))).toEqual(second);
  });

  test('clearing an unknown name is fine', async () => {
    await expect(underTest().schedule.clear(unique('ad'))).resolves.toBeUndefined();
  });

  test.each(['', 'a b', 'a/b', 'é', 'x'.repeat(65)])('refuses the name "%s"', async (badName) => {
    await expect(underTest().schedule.set({ ...fresh(farMs), name: badName })).rejects.toThrow(RangeError);
  });

  test('a name of 64 characters works', async () => {
    const { schedule, find } = underTest();
    const wanted = { ...fresh(farMs), name: unique('aZ_.').padEnd(64, '9') };
    await schedule.set(wanted);
    expect(await eventually('the schedule', async () => find(wanted.name))).toEqual(wanted);
  });
}

function testFiring(underTest: () => ExpiryScheduleUnderTest): void {
  const reader = (): ScheduleReader => {
    const { reader: given } = underTest();
    if (given === undefined) throw new Error('declared to fire');
    return given;
  };

  test('what is due comes earliest first, then by name, up to the limit', async () => {
    const { schedule } = underTest();
    const early = fresh(1000);
    const twins = [fresh(2000), fresh(2000)].sort((a, b) => (a.name < b.name ? -1 : 1));
    const late = fresh(3000);
    for (const each of [late, ...twins.toReversed(), early]) await schedule.set(each);
    expect(await reader().due(999, 1000)).toEqual([]);
    expect(await reader().due(1000, 1000)).toEqual([early]);
    expect(await reader().due(2999, 1000)).toEqual([early, ...twins]);
    expect(await reader().due(farMs - 1, 3)).toEqual([early, ...twins]);
    expect(await reader().next()).toBe(1000);
    for (const each of [early, ...twins, late]) await reader().complete(each.name);
  });

  test('a schedule stays due until it is completed, once', async () => {
    const { schedule } = underTest();
    const only = fresh(1000);
    await schedule.set(only);
    expect(await reader().due(5000, 10)).toEqual([only]);
    expect(await reader().due(5000, 10)).toEqual([only]);
    await reader().complete(only.name);
    await reader().complete(only.name);
    expect(await reader().due(5000, 10)).toEqual([]);
    expect(await reader().next()).not.toBe(1000);
  });

  test.each([0, 1001, 2.5])('a limit of %d is refused', async (limit) => {
    await expect(reader().due(0, limit)).rejects.toThrow(RangeError);
  });
}
