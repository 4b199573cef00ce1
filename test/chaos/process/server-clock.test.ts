import { expect, test } from '@jest/globals';
import { ServerClock } from './server-clock.ts';

test('between the order of a jump and its confirmation either shift may hold', () => {
  let now = 1000;
  const clock = new ServerClock(() => now);
  clock.starts(0);
  now = 2000;
  clock.ordered(500);
  now = 3000;
  expect(clock.now()).toEqual({ earliestMs: 3000, latestMs: 3500 });
  clock.confirmed(500);
  now = 4000;
  expect(clock.now()).toEqual({ earliestMs: 4500, latestMs: 4500 });
  expect(clock.during(1500, 1900)).toEqual({ earliestMs: 1500, latestMs: 1900 });
  expect(clock.during(1500, 2500)).toEqual({ earliestMs: 1500, latestMs: 3000 });
  expect(clock.isNear(4400, 101, 4000, 4000)).toBe(true);
  expect(clock.isNear(4400, 100, 4000, 4000)).toBe(false);
});

test('a new process has one shift, and the latest instant ever shown is remembered', () => {
  let now = 1000;
  const clock = new ServerClock(() => now);
  clock.starts(10_000);
  now = 2000;
  clock.starts(-500);
  now = 3000;
  expect(clock.now()).toEqual({ earliestMs: 2500, latestMs: 2500 });
  expect(clock.latestEverMs()).toBe(12_000);
});
