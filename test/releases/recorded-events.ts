import { createAdExpirer } from '../../lib/app/ads/ad-expirer.ts';
import { createControlStore } from '../../lib/app/control/control-store.ts';
import { logRights } from '../../lib/app/delivery/rights-writer.ts';
import { createTrackWriter } from '../../lib/app/delivery/track-writer.ts';
import type { StreamName } from '../../lib/core/streams.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createHttpWorld } from '../support/http-world.ts';
import { newAdBody } from '../support/new-ad-body.ts';
import { recordsOf, settle } from './recording.ts';

/** One record of every form that a release wrote, and what the newest release reads of it. */
export interface RecordedEvent {
  readonly stream: StreamName;
  readonly partitionKey: string;
  readonly text: string;
  /** Written out by hand when a later version raises the form; `v` is then the newest. */
  readonly read: Readonly<Record<string, unknown>>;
}

export type WrittenEvent = Omit<RecordedEvent, 'read'>;

const hourMs = 3_600_000;
const hotIncrements = 4;
const trace = { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` };

/** Makes this release write every kind of event there is, each with and without its optional fields. */
export async function writeEvents(): Promise<readonly WrittenEvent[]> {
  const local = stageSettings('local');
  const counters = { ...local.counters, hotKeys: [{ key: 'hot', lanes: 2 }] };
  const world = createHttpWorld({ settings: { ...local, counters } });
  const { ports, clock } = world;
  const create = async (more: object = {}): Promise<string> => {
    const { json } = await world.post('/api/v1/ad', { ...newAdBody(clock.nowMs()), ...more }, trace);
    await settle(ports);
    return `/api/v1/ad/${(json as { id: string }).id}`;
  };
  const target = { age_start: 18, age_end: 65, gender: ['F', 'M'], country: ['TW', 'JP'], platform: ['web'] };
  const path = await create({ title: 'Títel für 你 \u2028', ...target });
  await world.patch(path, { title: 'another title', age_start: null, gender: [] });
  await settle(ports);
  await world.patch(path, { platform: ['ios', 'android'] }, { 'if-match': '"2"', ...trace });
  await settle(ports);
  await world.delete(path, { 'if-match': '"3"' });
  await world.delete(await create());
  const named = await create({ external_id: 'shop/4711 "é"' });
  await settle(ports);
  await world.patch(named, { external_id: 'shop/4712' });
  await settle(ports);
  await world.patch(named, { external_id: null });
  await settle(ports);
  const chosen = await create({
    status: 'paused',
    priority: 2,
    metadata: { 'line-item': 'é "7"', rank: -1.5 },
  });
  await settle(ports);
  await world.patch(chosen, { status: 'active', campaign_id: 'autumn', metadata: { rank: null } });
  await settle(ports);
  await create({
    goal: { impressions: { daily: 5 }, pacing: 'even', timezone: 'Asia/Taipei' },
    frequency: { max: 3, per: 'P1D', scope: 'ad' },
  });
  const imported = { ...newAdBody(clock.nowMs()), external_id: 'import "é"' };
  await world.post('/api/v1/ads:import', { ads: [imported] }, trace);
  await world.post('/api/v1/ads:import', { ads: [{ ...imported, ...target }] });
  await world.post('/api/v1/ads:import', { ads: [{ ...imported, click_url: 'https://shop.example/' }] });
  await settle(ports);
  await clock.advance(2 * hourMs);
  await createAdExpirer(ports).sweep();
  await settle(ports);
  const control = createControlStore({ ...ports, rateMax: undefined });
  const content = { live_ads_max: 7, hot_keys: [{ key: 'hot', lanes: 2 }], series: { minute: 2 } };
  await control.change({ edit: () => content, by: 'ann', ifVersion: undefined });
  await control.rollback({ to: 0, by: 'bob', ifVersion: undefined });
  await world.post('/increment', { key: 'plain', value: 1 }, trace);
  await world.post('/increment', { key: 'große "Zahl"\u2028', value: 9_007_199_254_740_991 });
  await world.post('/increment', { key: 'keyed', value: 7 }, { 'idempotency-key': 'k' });
  const most = Array.from({ length: 500 }, () => ({ key: 'many', value: 9_007_199_254_740_991 }));
  await world.post('/api/v1/increments', { increments: most });
  // A pinned key has two partition keys.
  for (let value = 1; value <= hotIncrements; value += 1)
    await world.post('/increment', { key: 'hot', value });
  const decision = { id: 'c'.repeat(32), ad: named.slice(-36), at: clock.nowMs(), generation: 0, epoch: 7 };
  await createTrackWriter(ports).append([
    { ...decision, kind: 'impression' },
    { ...decision, kind: 'click', invalid: 'bot' },
  ]);
  await createTrackWriter(ports).append([{ ...decision, kind: 'click' }], trace);
  const { ad } = decision;
  await logRights(ports, [
    { v: 1, type: 'RightsOpened', ad, generation: 1, plan: 3 },
    { v: 1, type: 'RightsClosed', ad, generation: 1, through: 9, ledgerClosed: 5 },
    { v: 1, type: 'RightsClosed', ad, generation: 1, through: 13, ledgerClosed: 9, impressionMinutes: 10 },
  ]);
  const events: WrittenEvent[] = [];
  for (const stream of ['ad-events', 'increments'] as const) {
    for (const record of await recordsOf(ports, stream)) events.push({ stream, ...record });
  }
  return events;
}
