import { beforeEach, describe, expect, it } from '@jest/globals';
import { hourMs } from '../support/ad-event-builder.ts';
import { createHttpWorld, type HttpWorld, type Reply } from '../support/http-world.ts';
import { newAdBody } from '../support/new-ad-body.ts';

const wait = { prefer: 'wait=10' };
const taken = {
  status: 409,
  detail: 'Another live ad has this external_id. Choose another one.',
};

describe('the external id of an ad', () => {
  let world: HttpWorld;
  beforeEach(() => {
    world = createHttpWorld();
    world.startConsumers();
  });

  const create = (externalId: string | null, headers = wait, fields: object = {}): Promise<Reply> =>
    world.post(
      '/api/v1/ad',
      { ...newAdBody(world.clock.nowMs()), external_id: externalId, ...fields },
      headers,
    );
  const idOf = ({ json }: Reply): string => (json as { id: string }).id;
  const read = async (id: string): Promise<unknown> => (await world.get(`/api/v1/ad/${id}`)).json;

  it('is shown wherever the ad is', async () => {
    const created = await create('shop/4711 "é"');
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({ external_id: 'shop/4711 "é"' });
    const shown = created.json;
    expect(await read(idOf(created))).toStrictEqual(shown);
    expect((await world.get('/api/v1/ad')).json).toStrictEqual({ ads: [shown], total: 1 });
    expect((await world.get('/api/v1/ads')).json).toStrictEqual({ ads: [shown], next_cursor: null });
  });

  it('is no field of an ad without one', async () => {
    const created = await create(null);
    expect(created.text).not.toContain('external_id');
    expect((await world.get('/api/v1/ad')).text).not.toContain('external_id');
  });

  it.each([
    ['', 'must have 1 to 128 characters'],
    ['x'.repeat(129), 'must have 1 to 128 characters'],
    ['a\nb', 'must not contain control characters'],
    ['\ud800', 'must not contain a lone surrogate'],
  ])('cannot be %j', async (externalId, message) => {
    const reply = await create(externalId);
    expect(reply.json).toMatchObject({ status: 400, errors: [{ path: 'external_id', message }] });
    expect(await world.logged()).toBe(0);
  });

  it.each(['x', '\u{1f600}'.repeat(128), ' '])('can be %j', async (externalId) => {
    expect((await create(externalId)).json).toMatchObject({ external_id: externalId });
  });

  it('is answered 409 when another live ad has it, even if the client does not ask to wait', async () => {
    const first = idOf(await create('a'));
    const second = idOf(await create('b'));
    expect((await create('a', {} as typeof wait)).json).toMatchObject(taken);
    const moved = await world.patch(`/api/v1/ad/${second}`, { external_id: 'a' });
    expect(moved.json).toMatchObject(taken);
    expect(await read(second)).toMatchObject({ external_id: 'b', version: 2 });
    expect(await read(first)).toMatchObject({ external_id: 'a', version: 1 });
  });

  it('goes to another ad once its ad gives it up or is deleted', async () => {
    const first = idOf(await create('a'));
    const second = idOf(await create('b'));
    const cleared = await world.patch(`/api/v1/ad/${first}`, { external_id: null }, wait);
    expect(cleared.text).not.toContain('external_id');
    const moved = await world.patch(`/api/v1/ad/${second}`, { external_id: 'a' });
    expect({ status: moved.status, json: moved.json }).toMatchObject({
      status: 200,
      json: { external_id: 'a' },
    });
    await world.delete(`/api/v1/ad/${second}`, wait);
    expect((await create('a')).status).toBe(201);
    expect((await create('b')).status).toBe(201);
  });

  it('is free from the end of its ad on, though nothing has removed that ad yet', async () => {
    const first = idOf(await create('a'));
    await world.clock.advance(2 * hourMs);
    const second = await create('a');
    expect(second.json).toMatchObject({ external_id: 'a', version: 3 });
    expect((await world.get(`/api/v1/ad/${first}`)).status).toBe(404);
    expect((await world.get('/api/v1/ads')).json).toStrictEqual({ ads: [second.json], next_cursor: null });
  });

  it('stays refused for the request whose key was refused, until the key is free', async () => {
    const first = idOf(await create('a'));
    const keyed = { ...wait, 'idempotency-key': 'k' };
    expect((await create('a', keyed)).status).toBe(409);
    await world.delete(`/api/v1/ad/${first}`, wait);
    expect((await create('a', keyed)).status).toBe(201);
  });
});
