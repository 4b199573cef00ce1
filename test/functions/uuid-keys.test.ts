import { describe, expect, it } from '@jest/globals';
import { applyControl } from '../../lib/app/control/effective-settings.ts';
import { controlCommand } from '../../lib/operator/control-command.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createHttpWorld } from '../support/http-world.ts';
import { createOperatorWorld, perform, stageOf } from '../support/operator-world.ts';

/** RFC 9562, 4: UUIDs are written in lower case, and compared whatever their case. */
const lower = '0198c0de-7a11-7abc-8def-00000000abcd';
const upper = lower.toUpperCase();
const mixed = '0198C0de-7a11-7ABC-8def-00000000abcD';

const local = stageSettings('local');
const counters = { ...local.counters, keyFormat: 'uuid' as const };
const settings = { ...local, counters };

describe('where keys are UUIDs, upper and lower case name one counter', () => {
  it('in every call that counts and every call that reads', async () => {
    const world = createHttpWorld({ settings });
    world.startConsumers();
    const { post, get } = world;
    const single = await post('/increment', { key: upper, value: 1 });
    expect(single.status).toBe(202);
    expect((await post('/increment?mode=sync', { key: mixed, value: 2 })).json).toEqual({
      [lower]: expect.any(Number) as unknown,
    });
    const both = [
      { key: upper, value: 4 },
      { key: lower, value: 8 },
    ];
    const taken = await post('/api/v1/increments', { increments: both }, { prefer: 'return=representation' });
    // One counter has one token.
    expect(taken.json).toEqual({ accepted: 2, tokens: { [lower]: expect.any(String) as unknown } });
    const tokens = {
      'consistency-token': `${single.headers['Consistency-Token']}, ${taken.headers['Consistency-Token']}`,
    };
    for (const key of [lower, upper, mixed]) {
      expect((await get(`/increment/${key}`, tokens)).json).toEqual({ [lower]: 15 });
      const found = { key: lower, value: 15, updated_at: expect.any(String) as unknown };
      expect((await get(`/api/v1/counters/${key}`, tokens)).json).toEqual(found);
      expect((await get(`/api/v1/counters?key=${key}`, tokens)).json).toEqual({ counters: [found] });
      const series = (await get(`/api/v1/counters/${key}/series?bucket=minute`, tokens)).json as {
        readonly key: string;
        readonly points: readonly { readonly value: number }[];
      };
      expect(series.key).toBe(lower);
      const many = await get(`/api/v1/series?key=${key}&bucket=minute`, tokens);
      expect(many.json).toEqual({ series: [series] });
      expect(series.points.reduce((sum, { value }) => sum + value, 0)).toBe(15);
    }
    const stored = world.memoryState.all().filter(({ key }) => key.pk.includes(lower.slice(0, 8)));
    expect(stored.some(({ key }) => key.pk.toLowerCase() !== key.pk)).toBe(false);
  });

  it('so two spellings of one are a value that is repeated', async () => {
    const { get } = createHttpWorld({ settings });
    for (const path of ['/api/v1/counters?', '/api/v1/series?bucket=day&']) {
      const reply = await get(`${path}key=${lower}&key=${upper}`);
      expect([reply.status, reply.json]).toEqual([
        400,
        expect.objectContaining({ errors: [{ path: 'key', message: 'must not repeat a value' }] }),
      ]);
    }
  });

  it('and a keyed request is the same only as it was sent, so nothing counts twice', async () => {
    const { post, logged } = createHttpWorld({ settings });
    const keyed = { 'idempotency-key': 'k' };
    expect((await post('/increment', { key: upper, value: 1 }, keyed)).status).toBe(202);
    const again = await post('/increment', { key: upper, value: 1 }, keyed);
    expect([again.status, again.headers['Idempotent-Replayed']]).toEqual([202, 'true']);
    expect((await post('/increment', { key: lower, value: 1 }, keyed)).status).toBe(422);
    expect(await logged()).toBe(1);
  });

  it('for the pins of operators too', async () => {
    const world = createOperatorWorld({ settings });
    const stage = stageOf(world);
    const control = async (...args: string[]) =>
      (await perform(controlCommand, stage, [...args, '--json'])).lines.at(-1)?.['content'];
    await control('set', '--pin', `${upper}=4`);
    expect(await control('get')).toEqual({ hot_keys: [{ key: lower, lanes: 4 }] });
    await control('set', '--pin', `${mixed}=8`);
    expect(await control('get')).toEqual({ hot_keys: [{ key: lower, lanes: 8 }] });
    await control('set', '--unpin', upper);
    expect(await control('get')).toEqual({ hot_keys: [] });
  });
});

it('a pin from before is that of the spelling in which calls name it', () => {
  const hotKeys = [
    { key: upper, lanes: 4 },
    { key: lower, lanes: 8 },
  ];
  const state = { content: { hot_keys: hotKeys }, seriesFromMs: {} };
  expect(applyControl(settings, state).counters.hotKeys).toEqual([{ key: lower, lanes: 8 }]);
  expect(applyControl(local, state).counters.hotKeys).toEqual(hotKeys);
});

it('elsewhere the two are two counters', async () => {
  const world = createHttpWorld({ settings: local });
  await world.post('/increment?mode=sync', { key: upper, value: 1 });
  await world.post('/increment?mode=sync', { key: lower, value: 2 });
  expect((await world.get(`/increment/${upper}`)).json).toEqual({ [upper]: 1 });
  expect((await world.get(`/increment/${lower}`)).json).toEqual({ [lower]: 2 });
});
