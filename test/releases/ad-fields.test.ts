import { describe, expect, it } from '@jest/globals';
import { adEventEntry } from '../../lib/app/ads/ad-event-codec.ts';
import { createAdProjector } from '../../lib/app/ads/ad-projector.ts';
import { changeFromJson } from '../../lib/core/ads/ad-change.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adId } from '../support/ad-builder.ts';
import { adCreated, adUpdated } from '../support/ad-event-builder.ts';
import { createAdWorld, projectAll, recordsOf as toRecords } from '../support/ad-world.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';
import { newAdBody } from '../support/new-ad-body.ts';
import { readAs010 } from './0.1.0/reader.ts';
import { isChangeTo010 } from './0.1.0/row-reader.ts';
import { recordsOf, settle } from './recording.ts';

/**
 * The two steps of a stage on its way from 0.1.0 to pause and the other optional fields, as for external ids: first
 * every function reads them, then a setting lets calls set them.
 */
const local = stageSettings('local');
const worldOf = (accepts: boolean): HttpWorld =>
  createHttpWorld({
    settings: { ...local, delivery: { ...local.delivery, accepts, goals: accepts, caps: accepts } },
  });
const wait = { prefer: 'wait=1' };

/** Each with a value, and as a patch takes it away. */
const fields = {
  ...{ status: 'paused', priority: 1, weight: 2, click_url: 'https://shop.example/' },
  ...{ image_url: 'https://cdn.example/1.png', width: 3, height: 4, campaign_id: 'autumn' },
  metadata: { a: 1 },
  frequency: { max: 1, per: 'P1D', scope: 'ad' },
};

describe('the first step: functions read the fields, and calls accept none', () => {
  it.each(Object.entries(fields))(
    'writes nothing with %s, and nothing that an old function lacks',
    async (name, value) => {
      const world = worldOf(false);
      const body = newAdBody(world.clock.nowMs());
      expect((await world.post('/api/v1/ad', { ...body, [name]: value })).status).toBe(400);
      const created = await world.post('/api/v1/ad', { ...body, [name]: null });
      expect(created.status).toBe(202);
      await settle(world.ports);
      const path = created.headers.Location ?? '';
      expect((await world.patch(path, { [name]: value })).status).toBe(400);
      expect((await world.patch(path, { title: 'Another title' })).status).toBe(202);
      await settle(world.ports);
      const records = await recordsOf(world.ports, 'ad-events');
      expect(records).toHaveLength(2);
      for (const { partitionKey, text } of records)
        expect(readAs010('ad-events', partitionKey, text)).toEqual(JSON.parse(text));
      for (const version of [1, 2]) expect(isChangeTo010(await changeOf(world, version))).toBe(true);
    },
  );

  it('keeps the fields of a stage that has taken the second step and gone back', async () => {
    const world = createAdWorld({ settings: { ...local, delivery: { ...local.delivery, accepts: false } } });
    const events = [
      adCreated(1, { status: 'paused', priority: 3 }),
      adUpdated(1, { title: 'Another title' }),
    ];
    await projectAll(createAdProjector(world.ports), toRecords(events));
    const item = await world.memoryState.get({ table: 'ads', pk: `ad#${adId(1)}`, sk: '' });
    expect((JSON.parse(String(item?.ad)) as unknown[]).at(-1)).toEqual({ status: 'paused', priority: 3 });
  });

  it('lets a call take a field away, so that an older release can follow', async () => {
    const world = worldOf(false);
    const { headers } = await world.post('/api/v1/ad', newAdBody(world.clock.nowMs()));
    const path = headers.Location ?? '';
    // From the time when the stage accepted them.
    const id = path.split('/').at(-1) ?? '';
    const event = {
      ...adUpdated(1, { status: 'paused', metadata: { a: 1 } }),
      adId: id,
      at: world.clock.nowMs(),
    };
    await world.ports.adEvents.append([adEventEntry(event)]);
    await settle(world.ports);
    expect(isChangeTo010(await changeOf(world, 2))).toBe(false);
    expect((await world.patch(path, { status: null, metadata: null })).status).toBe(202);
    await settle(world.ports);
    expect(isChangeTo010(await changeOf(world, 3))).toBe(true);
  });
});

describe('the second step: calls accept the fields', () => {
  it.each(Object.entries(fields))(
    'writes nothing with %s of which an old function reads a half',
    async (name, value) => {
      const world = worldOf(true);
      const body = newAdBody(world.clock.nowMs());
      const { headers } = await world.post('/api/v1/ad', { ...body, [name]: value }, wait);
      await settle(world.ports);
      await world.patch(headers.Location ?? '', { [name]: null });
      await settle(world.ports);
      await world.patch(headers.Location ?? '', { [name]: value });
      await settle(world.ports);
      await world.post('/api/v1/ads:import', { ads: [{ ...body, external_id: 'a', [name]: value }] });
      await settle(world.ports);
      const records = await recordsOf(world.ports, 'ad-events');
      expect(records).toHaveLength(4);
      // An old projector keeps them whole, for a redrive by one that reads them.
      for (const { partitionKey, text } of records)
        expect(readAs010('ad-events', partitionKey, text)).toBeUndefined();
      const versions = [1, 2, 3, 4];
      const isOld = await Promise.all(
        versions.map(async (version) => isChangeTo010(await changeOf(world, version))),
      );
      expect(isOld).toEqual([false, true, false, false]);
    },
  );

  it('writes what has none of them as before, whatever release reads it', async () => {
    const world = worldOf(true);
    const { headers } = await world.post('/api/v1/ad', newAdBody(world.clock.nowMs()));
    await settle(world.ports);
    await world.patch(headers.Location ?? '', { title: 'Another title' });
    await settle(world.ports);
    for (const { partitionKey, text } of await recordsOf(world.ports, 'ad-events'))
      expect(readAs010('ad-events', partitionKey, text)).toEqual(JSON.parse(text));
  });

  it('takes the ad of a later release for none, rather than lose what it does not know', async () => {
    const world = createAdWorld();
    await projectAll(createAdProjector(world.ports), toRecords([adCreated(1, { status: 'paused' })]));
    const change = await changeOf(world, 1);
    expect(changeFromJson(change)).toMatchObject({ ad: { status: 'paused' } });
    for (const later of ['{"status":"paused","colour":1}', '{"status":"ended"}', '{"priority":17}'])
      expect(changeFromJson(change.replace('{"status":"paused"}', later))).toBeUndefined();
  });
});

async function changeOf({ memoryState }: Pick<HttpWorld, 'memoryState'>, version: number): Promise<string> {
  const sk = String(version).padStart(16, '0');
  const item = await memoryState.get({ table: 'ads', pk: 'changes#0', sk });
  return String(item?.change);
}
