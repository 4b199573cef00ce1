import { beforeEach, describe, expect, it } from '@jest/globals';
import type { EventLog } from '../../lib/ports/event-log.ts';
import { stageSettings } from '../../lib/stages.ts';
import { hourMs } from '../support/ad-event-builder.ts';
import { createAdWorld } from '../support/ad-world.ts';
import { createHttpWorld, type HttpWorld, type Reply } from '../support/http-world.ts';
import { newAdBody } from '../support/new-ad-body.ts';

const path = '/api/v1/ads:import';
const wait = { prefer: 'wait=10' };
const uuidv7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

interface Item {
  readonly external_id: string;
  readonly result: string;
  readonly id: string | null;
  readonly version: number | null;
  readonly problem?: { readonly status: number };
}

describe('an import of ads', () => {
  let world: HttpWorld;
  beforeEach(() => {
    world = createHttpWorld();
    world.startConsumers();
  });

  const ad = (externalId: string, fields: object = {}): object => ({
    ...newAdBody(world.clock.nowMs()),
    external_id: externalId,
    ...fields,
  });
  const send = (ads: readonly object[], headers: Readonly<Record<string, string>> = wait): Promise<Reply> =>
    world.post(path, { ads }, headers);
  const itemsOf = ({ json }: Reply): readonly Item[] => (json as { ads: readonly Item[] }).ads;
  const all = async (): Promise<readonly { external_id?: string; id: string; title: string }[]> => {
    const { json } = await world.get('/api/v1/ads?limit=100');
    return (json as { ads: { external_id?: string; id: string; title: string }[] }).ads;
  };

  it('creates ads, and says of each what became of it, in the order of the request', async () => {
    const reply = await send([ad('b'), ad('a')]);
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({ 'Preference-Applied': 'wait=10' });
    expect(reply.json).toMatchObject({
      accepted: 2,
      ads: [
        { external_id: 'b', result: 'created', version: 1 },
        { external_id: 'a', result: 'created', version: 2 },
      ],
    });
    const ids = itemsOf(reply).map(({ id }) => id ?? '');
    for (const id of ids) expect(id).toMatch(uuidv7);
    expect((await all()).map(({ id }) => id)).toEqual(ids.toSorted());
    expect((await world.get(`/api/v1/ad/${ids[1] ?? ''}`)).json).toMatchObject({ external_id: 'a' });
  });

  it('sent again makes no ad and no version', async () => {
    const ads = [ad('a'), ad('b', { country: ['TW'] })];
    const first = itemsOf(await send(ads));
    const again = await send(ads);
    expect(again.headers['Idempotent-Replayed']).toBeUndefined();
    expect(itemsOf(again)).toEqual(first.map((item) => ({ ...item, result: 'unchanged' })));
    expect(await all()).toHaveLength(2);
  });

  it('changes the live ad of an external id into what it says, so what it leaves out is cleared', async () => {
    const created = await world.post('/api/v1/ad', ad('a', { age_start: 20, country: ['TW'] }), wait);
    const { id } = created.json as { id: string };
    expect(itemsOf(await send([ad('a', { title: 'Other title', age_end: 30 })]))).toEqual([
      { external_id: 'a', result: 'updated', id, version: 2 },
    ]);
    expect((await world.get(`/api/v1/ad/${id}`)).json).toMatchObject({
      ...{ title: 'Other title', age_start: null, age_end: 30, country: [], external_id: 'a' },
    });
  });

  it('without a wait answers what is logged, and a token that a read meets', async () => {
    const reply = await send([ad('a'), ad('b')], {});
    expect({ status: reply.status, json: reply.json }).toEqual({ status: 202, json: { accepted: 2 } });
    const token = reply.headers['Consistency-Token'] ?? '';
    expect((await world.get('/api/v1/ads', { 'consistency-token': token })).json).toMatchObject({
      ads: [{}, {}],
    });
  });

  it('says which ads were refused, and why', async () => {
    const settings = {
      ...stageSettings('local'),
      ads: { liveAdsMax: 2, liveBytesMax: 1_000_000, endedDays: 90 },
    };
    world = createHttpWorld({ settings });
    world.startConsumers();
    const ended = { end_at: new Date(world.clock.nowMs() - 1).toISOString() };
    const reply = await send([ad('a'), ad('ended', ended), ad('b'), ad('one more')]);
    expect(reply.status).toBe(200);
    expect(itemsOf(reply).map(({ result, problem }) => problem?.status ?? result)).toEqual([
      ...['created', 400, 'created', 507],
    ]);
    expect(itemsOf(reply)[1]).toMatchObject({
      ...{ external_id: 'ended', result: 'refused', id: null, version: null },
      problem: { errors: [{ path: 'end_at', message: 'must be in the future' }] },
    });
    expect((await all()).map(({ external_id: one }) => one).toSorted()).toEqual(['a', 'b']);
  });

  it('makes one ad of two imports at once, whatever order the log has them in', async () => {
    const replies = await Promise.all([send([ad('a'), ad('b')]), send([ad('b'), ad('a')])]);
    const results = replies.flatMap(itemsOf).map(({ external_id: one, result }) => `${one} ${result}`);
    expect(results.toSorted()).toEqual(['a created', 'a unchanged', 'b created', 'b unchanged']);
    expect(await all()).toHaveLength(2);
  });

  it('makes a new ad of an external id whose ad was deleted or has ended', async () => {
    const [a, b] = itemsOf(await send([ad('a'), ad('b')]));
    await world.delete(`/api/v1/ad/${a?.id ?? ''}`, wait);
    await world.clock.advance(2 * hourMs);
    const [again, later] = itemsOf(await send([ad('a'), ad('b')]));
    expect([again?.result, later?.result]).toEqual(['created', 'created']);
    expect([again?.id === a?.id, later?.id === b?.id]).toEqual([false, false]);
    expect((await world.get(`/api/v1/ad/${b?.id ?? ''}`)).status).toBe(404);
  });

  it('under an Idempotency-Key is replayed, and that key takes no other import', async () => {
    const keyed = { ...wait, 'idempotency-key': 'k' };
    const ads = [ad('a'), ad('b')];
    const first = await send(ads, keyed);
    await world.delete(`/api/v1/ad/${itemsOf(first)[0]?.id ?? ''}`, wait);
    const again = await send(ads, keyed);
    expect({ text: again.text, replayed: again.headers['Idempotent-Replayed'] }).toEqual({
      ...{ text: first.text, replayed: 'true' },
    });
    expect(await all()).toHaveLength(1);
    expect((await send([ad('c')], keyed)).status).toBe(422);
  });

  it.each<[string, (world: HttpWorld) => unknown, readonly (readonly [string, string])[]]>([
    ['no list', () => ({}), [['ads', 'is missing']]],
    ['an empty list', () => ({ ads: [] }), [['ads', 'must have 1 to 500 entries']]],
    [
      'faulty ads',
      ({ clock }) => {
        const sound = newAdBody(clock.nowMs());
        return {
          ads: [
            sound,
            { ...sound, external_id: 'a', title: 'four', end_at: sound.start_at },
            { ...sound, external_id: 'a', colour: 'red' },
            { ...sound, external_id: null },
            { ...sound, external_id: 'b', age_start: 30, age_end: 20 },
            7,
          ],
        };
      },
      [
        ['ads.0.external_id', 'is missing'],
        ['ads.1.title', 'must have 5 to 100 characters'],
        ['ads.1.end_at', 'must be after start_at'],
        ['ads.2.colour', 'is not known'],
        ['ads.3.external_id', 'must be text'],
        ['ads.4.age_end', 'must not be below age_start'],
        ['ads.5', 'must be an object'],
        ['ads.2.external_id', 'must not be the one of ads.1'],
      ],
    ],
  ])('with %s changes nothing', async (_name, bodyOf, errors) => {
    const reply = await world.post(path, bodyOf(world), wait);
    expect(reply.json).toMatchObject({
      status: 400,
      errors: errors.map(([where, message]) => ({ path: where, message })),
    });
    expect(await world.logged()).toBe(0);
  });

  it('takes 500 ads and not 501', async () => {
    const ads = Array.from({ length: 501 }, (_, index) => ad(`${index}`));
    expect((await send(ads)).json).toMatchObject({
      errors: [{ path: 'ads', message: 'must have 1 to 500 entries' }],
    });
    const reply = await send(ads.slice(1));
    expect(reply.status).toBe(200);
    expect(itemsOf(reply).map(({ version }) => version)).toEqual(ads.slice(1).map((_, index) => index + 1));
  });

  it('names the first 50 of many faulty ads, and counts all', async () => {
    const ads = Array.from({ length: 60 }, () => ad('same'));
    const { json } = await send(ads);
    expect(json).toMatchObject({ detail: '59 invalid fields; the first 50 are in errors.' });
  });

  it('is refused as a whole by a stage that only reads external ids', async () => {
    world = createHttpWorld({ settings: { ...stageSettings('local'), externalIds: 'read' } });
    expect((await send([ad('a')])).json).toMatchObject({ status: 400, errors: [{ path: 'ads' }] });
    expect(await world.logged()).toBe(0);
  });
});

describe('an import while the log is ill', () => {
  /** Its log answers entry i with answers[i], the last one for ever; what it takes it takes. */
  const worldWith = (answers: readonly ('takes' | 'unknown' | 'refused')[]): HttpWorld => {
    const { adEvents } = createAdWorld();
    const ill: EventLog = {
      stream: adEvents.stream,
      epoch: adEvents.epoch,
      hashPosition: (key) => adEvents.hashPosition(key),
      append: async (entries) => {
        const taken = await adEvents.append(entries);
        return taken.map((result, index) => {
          const answer = entries.length === 1 ? answers.at(-1) : answers[index];
          if (answer === 'takes') return result;
          return { status: answer === 'unknown' ? 'unknown' : 'refused' } as (typeof taken)[number];
        });
      },
    };
    return createHttpWorld({ adEvents: ill });
  };
  const bodyOf = ({ clock }: HttpWorld) => ({
    ads: ['a', 'b'].map((one) => ({ ...newAdBody(clock.nowMs()), external_id: one })),
  });

  it('names the ads that may not be logged', async () => {
    const world = worldWith(['takes', 'unknown']);
    const reply = await world.post(path, bodyOf(world), wait);
    expect(reply.status).toBe(207);
    expect(reply.json).toEqual({ accepted: 1, failed: [{ index: 1, ambiguous: true }] });
    expect(reply.headers).toMatchObject({ 'Retry-After': '1' });
    expect(reply.headers['Consistency-Token']).toMatch(/^a2\.local\./);
  });

  it.each([
    ['unknown', 'The ads may or may not have been logged. It is safe to send them again.'],
    ['refused', 'No ad was logged. Send the request again.'],
  ] as const)('is answered 503 if each is %s', async (answer, detail) => {
    const world = worldWith([answer, answer]);
    expect((await world.post(path, bodyOf(world))).json).toMatchObject({ status: 503, detail });
  });

  it('is answered 202 if nothing is decided in time, with what is known of each', async () => {
    const world = createHttpWorld();
    const reply = await world.post(path, bodyOf(world), { prefer: 'wait=1' });
    expect(reply.status).toBe(202);
    const item = { result: 'accepted', id: null, version: null };
    expect(reply.json).toEqual({
      accepted: 2,
      ads: [
        { external_id: 'a', ...item },
        { external_id: 'b', ...item },
      ],
    });
  });
});
