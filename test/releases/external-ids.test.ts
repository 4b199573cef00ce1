import { describe, expect, it } from '@jest/globals';
import { createAdProjector } from '../../lib/app/ads/ad-projector.ts';
import { changeFromJson } from '../../lib/core/ads/ad-change.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adId } from '../support/ad-builder.ts';
import { adCreated, adImported, adUpdated } from '../support/ad-event-builder.ts';
import { createAdWorld, projectAll, recordsOf as toRecords } from '../support/ad-world.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';
import { newAdBody } from '../support/new-ad-body.ts';
import { readAs010 } from './0.1.0/reader.ts';
import { isChangeTo010 } from './0.1.0/row-reader.ts';
import { recordsOf, settle } from './recording.ts';

/**
 * The two steps of a stage on its way from 0.1.0, whose functions know no external ids: first every function reads
 * them, then a setting lets calls set them. The old ones never get half of an ad, in whatever order things happen.
 */
const local = stageSettings('local');
const worldOf = (externalIds: 'read' | 'accept'): HttpWorld =>
  createHttpWorld({ settings: { ...local, externalIds } });

const wait = { prefer: 'wait=1' };
const refusal = {
  status: 400,
  errors: [
    {
      path: 'external_id',
      message: 'is not accepted by this stage: its setting externalIds is `read`, not `accept`',
    },
  ],
};

describe('the first step: functions read external ids, and calls accept none', () => {
  it('refuses a call that would set one, and takes every other as before', async () => {
    const world = worldOf('read');
    const body = newAdBody(world.clock.nowMs());
    expect((await world.post('/api/v1/ad', { ...body, external_id: 'a' })).json).toMatchObject(refusal);
    expect(await recordsOf(world.ports, 'ad-events')).toEqual([]);
    const created = await world.post('/api/v1/ad', { ...body, external_id: null });
    expect(created.status).toBe(202);
    await settle(world.ports);
    const path = created.headers.Location ?? '';
    expect((await world.patch(path, { external_id: 'a' })).json).toMatchObject(refusal);
    expect((await world.patch(path, { title: 'Another title' })).status).toBe(202);
    await settle(world.ports);
    const records = await recordsOf(world.ports, 'ad-events');
    expect(records).toHaveLength(2);
    for (const { partitionKey, text } of records)
      expect(readAs010('ad-events', partitionKey, text)).toEqual(JSON.parse(text));
    for (const version of [1, 2]) expect(isChangeTo010(await changeOf(world, version))).toBe(true);
  });

  it('keeps the external ids of a stage that has taken the second step and gone back', async () => {
    const world = createAdWorld({ settings: { ...local, externalIds: 'read' } });
    const events = [adCreated(1, { externalId: 'a' }), adUpdated(1, { title: 'Another title' })];
    await projectAll(createAdProjector(world.ports), toRecords(events));
    const item = await world.memoryState.get({ table: 'ads', pk: `ad#${adId(1)}`, sk: '' });
    expect((JSON.parse(String(item?.ad)) as unknown[]).at(-1)).toEqual({ external_id: 'a' });
  });
});

describe('the second step: calls accept external ids', () => {
  it('writes nothing of which an old function reads a half', async () => {
    const world = worldOf('accept');
    const body = newAdBody(world.clock.nowMs());
    const { headers } = await world.post('/api/v1/ad', { ...body, external_id: 'a' }, wait);
    await settle(world.ports);
    await world.patch(headers.Location ?? '', { external_id: 'b' });
    await settle(world.ports);
    await world.patch(headers.Location ?? '', { external_id: null });
    await settle(world.ports);
    const records = await recordsOf(world.ports, 'ad-events');
    expect(records).toHaveLength(3);
    // An old projector keeps them whole, for a redrive by one that reads them.
    for (const { partitionKey, text } of records)
      expect(readAs010('ad-events', partitionKey, text)).toBeUndefined();
    expect(isChangeTo010(await changeOf(world, 1))).toBe(false);
    expect(isChangeTo010(await changeOf(world, 2))).toBe(false);
    expect(isChangeTo010(await changeOf(world, 3))).toBe(true);
  });

  it('does not spare an old function an import', () => {
    const [record] = toRecords([adImported(1, { externalId: 'a' })]);
    expect(readAs010('ad-events', 'ads', new TextDecoder().decode(record!.data))).toBeUndefined();
  });

  it('takes the ad of a later release for none, rather than lose what it does not know', async () => {
    const world = createAdWorld();
    await projectAll(createAdProjector(world.ports), toRecords([adCreated(1, { externalId: 'a' })]));
    const key = { table: 'ads', pk: 'changes#0', sk: '1'.padStart(16, '0') } as const;
    const change = String((await world.memoryState.get(key))?.change);
    expect(changeFromJson(change)).toMatchObject({ ad: { externalId: 'a' } });
    for (const later of ['{"external_id":"a","goal":1}', '{"goal":1}', '{"external_id":1}'])
      expect(changeFromJson(change.replace('{"external_id":"a"}', later))).toBeUndefined();
    expect(changeFromJson(change.replace('{"external_id":"a"}', '{"external_id":"a"},1'))).toBeUndefined();
  });
});

async function changeOf({ memoryState }: HttpWorld, version: number): Promise<string> {
  const sk = String(version).padStart(16, '0');
  const item = await memoryState.get({ table: 'ads', pk: 'changes#0', sk });
  return String(item?.change);
}
