import { describe, expect, it } from '@jest/globals';
import { createTokenStore } from '../../../lib/app/tokens/token-store.ts';
import { createTokenRequirement } from '../../../lib/embedded/access/token-requirement.ts';
import { noUsageKeys } from '../../../lib/ports/usage-keys.ts';
import { createCounterWorld } from '../../support/counter-world.ts';
import { spyOnState } from '../../support/state-spy.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

function build(tokens?: boolean) {
  const clock = createVirtualClock();
  const world = createCounterWorld({ clock });
  const spy = spyOnState(world.memoryState);
  /** The instants at which the control item was looked at. */
  const controlChecks: number[] = [];
  const control = { check: () => Promise.resolve(void controlChecks.push(clock.monotonicMs())) };
  const requirement = createTokenRequirement({ ...world.ports, state: spy.state }, tokens, control);
  const store = createTokenStore({ ...world.ports, usageKeys: noUsageKeys });
  const make = () => store.create({ name: 'first', scopes: ['admin'] });
  return { clock, telemetry: world.telemetry, spy, requirement, store, make, controlChecks };
}

const asked = ({ calls }: { calls: Readonly<Record<string, number>> }): number =>
  Object.values(calls).reduce((sum, count) => sum + count, 0);

describe('whether calls need a token', () => {
  it('is assumed until the data folder has been looked at', () => {
    expect([undefined, true, false].map((tokens) => build(tokens).requirement.isRequired)).toEqual([
      ...[true, true, false],
    ]);
  });

  it('begins within a second of the first token, is told once, and is not looked up after that', async () => {
    const { clock, telemetry, spy, requirement, make } = build();
    await requirement.start();
    expect(requirement.isRequired).toBe(false);
    await clock.advance(5000);
    expect(requirement.isRequired).toBe(false);
    await make();
    await clock.advance(999);
    expect(requirement.isRequired).toBe(false);
    await clock.advance(1);
    expect(requirement.isRequired).toBe(true);
    const before = asked(spy);
    await clock.advance(10_000);
    expect(asked(spy)).toBe(before);
    expect(telemetry.lines.map(({ level }) => level)).toEqual(['info']);
    await requirement.stop();
  });

  it('stays, though its token is revoked, and begins with the next start', async () => {
    const { requirement, store, make } = build();
    const { record } = await make();
    await store.revoke(record.id);
    await requirement.start();
    expect(requirement.isRequired).toBe(true);
    await requirement.stop();
  });

  it('is never so where the server is told to be open, and no store is asked', async () => {
    const { clock, spy, requirement, make } = build(false);
    await make();
    await requirement.start();
    await clock.advance(5000);
    expect([requirement.isRequired, asked(spy)]).toEqual([false, 0]);
    await requirement.stop();
  });

  it('needs a token at the start where the server is told to require one', async () => {
    const none = build(true);
    await expect(none.requirement.start()).rejects.toMatchObject({ code: 'no-tokens' });
    expect(none.requirement.isRequired).toBe(true);
    const one = build(true);
    await one.make();
    await one.requirement.start();
    expect(one.requirement.isRequired).toBe(true);
    await one.requirement.stop();
  });

  it('is not looked up after a stop', async () => {
    const { clock, requirement, make } = build();
    await requirement.start();
    await requirement.stop();
    await make();
    await clock.advance(5000);
    expect(requirement.isRequired).toBe(false);
  });
});

describe('the control item', () => {
  it.each([undefined, false])('is looked at at the start and each second, with tokens %s', async (tokens) => {
    const { clock, requirement, controlChecks } = build(tokens);
    await requirement.start();
    expect(controlChecks).toEqual([0]);
    await clock.advance(2999);
    expect(controlChecks).toEqual([0, 1000, 2000]);
    await requirement.stop();
    await clock.advance(5000);
    expect(controlChecks).toEqual([0, 1000, 2000]);
  });

  it('is looked at though calls require a token already', async () => {
    const { clock, requirement, make, controlChecks } = build();
    await make();
    await requirement.start();
    await clock.advance(1000);
    expect(controlChecks).toEqual([0, 1000]);
    await requirement.stop();
  });
});
