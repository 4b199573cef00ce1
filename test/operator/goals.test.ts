import { describe, expect, it } from '@jest/globals';
import { goalsCommand, parseGoalsArguments } from '../../lib/operator/goals-command.ts';
import type { OperatorStage } from '../../lib/operator/operator-stage.ts';
import { UsageError } from '../../lib/options.ts';
import { adId } from '../support/ad-builder.ts';
import { adsOf, createDeliveryWorld } from '../support/delivery-world.ts';

const total = (impressions: number) =>
  ({ goal: { impressions: { total: impressions }, pacing: 'asap' } }) as const;

async function build() {
  const daily = {
    ...{ title: 'each "day"', priority: 3, country: ['JP'] },
    goal: { impressions: { daily: 4, total: 90 }, pacing: 'even', timezone: 'Asia/Taipei' },
  } as const;
  const world = await createDeliveryWorld([total(3), {}, daily]);
  const run = async (verb: 'list' | 'reset', json = false) => {
    let text = '';
    const code = await goalsCommand.run(world.ports as unknown as OperatorStage, { verb, json }, (line) => {
      text += line;
    });
    return { code, text };
  };
  /** Decisions for the first ad: those that it gets of so many. */
  const decide = async (count: number) => {
    const shown = [];
    for (let n = 0; n < count; n += 1) {
      await world.clock.advance(1000);
      const [ad] = adsOf(await world.decide());
      if (ad?.id === adId(1)) shown.push(ad);
    }
    return shown;
  };
  return { world, run, decide };
}

describe('the arguments of npm run goals', () => {
  it('are list or reset', () => {
    expect(parseGoalsArguments(['list', '--stage', 'prod', '--json'])).toMatchObject({
      location: { stage: 'prod' },
      options: { verb: 'list', json: true },
    });
    expect(parseGoalsArguments(['reset'])).toMatchObject({ options: { verb: 'reset', json: false } });
  });

  it.each([
    [[], 'a command is missing: list or reset'],
    [['show'], 'the command must be list or reset; got show'],
    [['list', 'all'], 'all'],
  ])('%j are refused', (args, message) => {
    expect(() => parseGoalsArguments(args)).toThrow(UsageError);
    expect(() => parseGoalsArguments(args)).toThrow(message);
  });
});

describe('npm run goals', () => {
  it('lists the goals of live ads, the one furthest behind first', async () => {
    const { world, run, decide } = await build();
    const shown = await decide(4);
    await world.visit(shown[0]!.decision.impression_url!);
    await world.clock.advance(1000);
    const { code, text } = await run('list');
    expect([code, text.split('\n')]).toEqual([
      0,
      [
        `${adId(1)}  1 of 3, planned 3, on-plan, rights out 0  "AD 1"`,
        // It was drawn once; nothing is planned of its day yet.
        `${adId(3)}  0 of 90, today 0 of 4, planned 0, on-plan, rights out 1  "each \\"day\\""`,
        '',
      ],
    ]);
    const lines = (await run('list', true)).text.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual([adId(1), adId(3)]);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      impressions: 1,
      remaining: 2,
      status: 'active',
      goal: total(3).goal,
    });
  });

  it('says that there are none', async () => {
    const world = await createDeliveryWorld([{}]);
    let text = '';
    const stage = world.ports as unknown as OperatorStage;
    for (const json of [false, true])
      await goalsCommand.run(stage, { verb: 'list', json }, (line) => (text += line));
    expect(text).toBe('no live ad has a goal\n');
  });

  it('resets: earlier decisions are late, and the goal is reached by later ones', async () => {
    const { world, run, decide } = await build();
    const before = await decide(6);
    expect(before.length).toBeGreaterThan(0);
    await world.visit(before[0]!.decision.impression_url!);
    await world.clock.advance(1000);
    expect(await run('reset')).toEqual({ code: 0, text: 'the ledgers of 2 ads with a goal are reset\n' });
    expect(JSON.parse((await run('reset', true)).text)).toEqual({ reset: 2 });
    expect(
      await world.ports.state.get({ table: 'delivery', pk: `ledger#${adId(1)}`, sk: '' }),
    ).toBeUndefined();
    await world.clock.advance(60_000);
    const after = await decide(8);
    for (const { decision } of [...before, ...after]) {
      await world.visit(decision.impression_url!);
      await world.clock.advance(1000);
    }
    const { json } = await world.get(`/api/v1/ad/${adId(1)}/delivery?bucket=day`);
    // The report that was sent twice is late too: its decision is of another generation now.
    expect(json).toMatchObject({ impressions: 3, not_counted: { late: before.length } });
    expect(after).toHaveLength(2);
  });
});
