import { describe, expect, it } from '@jest/globals';
import {
  afterGrant,
  afterRefusal,
  firstAsking,
  leaseSize,
} from '../../../../lib/core/delivery/goals/asking.ts';

const now = 1_000_000;

describe('a container that needs rights', () => {
  it.each([
    ['as many as before', { size: 8 }, 1000, 8],
    ['twice as many if they lasted less than ten seconds', { size: 8, grantedAtMs: now - 9999 }, 1000, 16],
    ['as many if they lasted ten seconds', { size: 8, grantedAtMs: now - 10_000 }, 1000, 8],
    ['half of them if they lasted more than forty', { size: 9, grantedAtMs: now - 40_001 }, 1000, 4],
    ['an eighth of what is free at most', { size: 100 }, 80, 10],
    ['256 at most', { size: 200, grantedAtMs: now - 1 }, 100_000, 256],
    ['one at least', { size: 1, grantedAtMs: now - 50_000 }, 3, 1],
  ])('asks for %s', (_, fields, free, size) => {
    expect(leaseSize({ ...firstAsking, ...fields }, free, now)).toBe(size);
  });

  it('waits half the interval before the next single right, and not after several', () => {
    const asking = { ...firstAsking, intervalMs: 2000 };
    const given = { nowMs: now, part: 0.25, asap: false };
    expect(afterGrant(asking, 1, given)).toEqual({
      askAtMs: now + 750,
      intervalMs: 1000,
      size: 1,
      grantedAtMs: now,
    });
    expect(afterGrant(asking, 2, given).askAtMs).toBe(now);
    expect(afterGrant(asking, 1, { ...given, asap: true }).askAtMs).toBe(now);
    expect(afterGrant({ ...asking, intervalMs: 300 }, 1, given).intervalMs).toBe(250);
  });

  it('waits for the next right after a refusal, and twice as long each time', () => {
    const given = { nowMs: now, part: 0.5, nextRightAtMs: now + 5000, accrualMs: 1000 };
    const once = afterRefusal(firstAsking, given);
    expect(once).toEqual({ askAtMs: now + 7000, intervalMs: 2000, size: 1, grantedAtMs: undefined });
    expect(afterRefusal(once, { ...given, nextRightAtMs: undefined }).askAtMs).toBe(now + 4000);
    expect(afterRefusal(once, { ...given, nextRightAtMs: 5 }).askAtMs).toBe(now + 4000);
  });

  it('asks within about a quarter of an hour of the next right, and once in eight rights at least', () => {
    const tired = { ...firstAsking, intervalMs: 800_000 };
    const given = { nowMs: now, part: 0.9, nextRightAtMs: now + 10 ** 9 };
    expect(afterRefusal(tired, { ...given, accrualMs: 1 })).toMatchObject({
      askAtMs: now + 900_000,
      intervalMs: 900_000,
    });
    expect(afterRefusal(tired, { ...given, accrualMs: 150_000 })).toMatchObject({
      askAtMs: now + 1_200_000,
      intervalMs: 900_000,
    });
    const hour = 3_600_000;
    const rare = { ...given, accrualMs: 10 * hour, nextRightAtMs: now + hour };
    expect(afterRefusal({ ...tired, intervalMs: 20 * hour }, rare).askAtMs).toBe(now + hour + 1_260_000);
  });
});
