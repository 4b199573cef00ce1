import { beforeEach, describe, expect, it } from '@jest/globals';
import { hourMs } from '../support/ad-event-builder.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';
import { newAdBody } from '../support/new-ad-body.ts';

describe('the list of live ads', () => {
  let world: HttpWorld;
  beforeEach(async () => {
    world = createHttpWorld();
    world.startConsumers();
    const at = (ms: number): string => new Date(world.clock.nowMs() + ms).toISOString();
    const later = { start_at: at(hourMs), end_at: at(3 * hourMs) };
    for (const fields of [
      { title: 'Tea time', external_id: 'a', country: ['TW'] },
      { title: 'Tea for two', external_id: 'b', ...later },
      { title: 'tea, late', external_id: 'A' },
      { title: 'Coffee', country: ['JP'], ...later },
      { title: 'Tea time', country: ['JP', 'TW'] },
      { title: 'Soups', status: 'paused', campaign_id: 'autumn' },
      { title: 'Soups, later', status: 'paused', ...later },
      { title: 'Soups', status: 'active', campaign_id: 'autumn', country: ['JP'] },
    ])
      await world.post('/api/v1/ad', { ...newAdBody(world.clock.nowMs()), ...fields }, { prefer: 'wait=5' });
  });

  interface List {
    readonly ads: readonly { readonly title: string; readonly version: number }[];
    readonly next_cursor: string | null;
  }
  const list = async (query: string): Promise<List> => (await world.get(`/api/v1/ads?${query}`)).json as List;
  const versions = ({ ads }: List): readonly number[] => ads.map(({ version }) => version).toSorted();

  it.each([
    ['status=scheduled', [2, 4]],
    ['status=active', [1, 3, 5, 8]],
    ['status=paused', [6, 7]],
    ['campaign_id=autumn', [6, 8]],
    ['campaign_id=Autumn', []],
    ['campaign_id=autumn&status=active', [8]],
    ['country=TW', [1, 2, 3, 5, 6, 7]],
    ['country=unknown', [2, 3, 6, 7]],
    ['title=Tea', [1, 2, 5]],
    ['title=Tea%20time', [1, 5]],
    ['external_id=a', [1]],
    ['external_id=A', [3]],
    ['external_id=c', []],
    ['status=active&country=JP&title=Tea', [5]],
  ])('has with %s the ads of versions %j', async (query, expected) => {
    const found = await list(query);
    expect(versions(found)).toEqual(expected);
    expect(found.next_cursor).toBeNull();
  });

  it('says of an ad that it is active from its start on', async () => {
    await world.clock.advance(hourMs);
    expect(versions(await list('status=active'))).toEqual([2, 4]);
    expect(versions(await list('status=scheduled'))).toEqual([]);
  });

  it('goes on where a page of the same filters ended', async () => {
    const seen: number[] = [];
    let cursor = '';
    for (let page = 0; page < 10; page += 1) {
      const found = await list(`title=Tea&limit=1${cursor}`);
      seen.push(...versions(found));
      if (found.next_cursor === null) break;
      cursor = `&cursor=${found.next_cursor}`;
    }
    expect(seen.toSorted()).toEqual([1, 2, 5]);
  });

  it.each([
    ['title=Tea&limit=1', 'title=tea'],
    ['title=Tea&limit=1', ''],
    ['limit=1', 'status=active'],
    ['title=Tea&limit=1', 'external_id=Tea'],
    ['title=Tea&limit=1', 'title=Tea&campaign_id=autumn'],
    ['campaign_id=autumn&limit=1', ''],
  ])('refuses the cursor of %j with %j', async (first, second) => {
    const { next_cursor: cursor } = await list(first);
    const reply = await world.get(`/api/v1/ads?${second}&cursor=${cursor ?? ''}`.replace('?&', '?'));
    expect(reply.json).toMatchObject({
      status: 400,
      errors: [
        { path: 'cursor', message: 'is of a list with other filters; begin that list without a cursor' },
      ],
    });
  });

  it.each([
    ['status=gone', 'status', 'must be scheduled, active, paused or ended'],
    ['country=tw', 'country', 'must be two upper-case letters, T1 or unknown'],
    ['external_id=%0A', 'external_id', 'must not contain control characters'],
    ['campaign_id=%0A', 'campaign_id', 'must not contain control characters'],
  ])('refuses %s', async (query, path, message) => {
    expect((await world.get(`/api/v1/ads?${query}`)).json).toMatchObject({
      status: 400,
      errors: [{ path, message }],
    });
  });
});
