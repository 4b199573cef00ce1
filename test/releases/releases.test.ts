import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { createHttpWorld } from '../support/http-world.ts';
import { writeEvents } from './recorded-events.ts';
import { outcome, record, settle, toAttributes, type Recording } from './recording.ts';

/**
 * What earlier releases wrote is read by this one, and what the next one may add does not disturb this one:
 * so a release can be rolled forward and back over the same logs and tables. The rule behind it: an event
 * gains optional fields only; anything else is a new `v`, which a release reads before the one after it
 * writes it.
 *
 * `ADTALLY_RECORD=0.2.0 npm test -- test/releases` records what this code writes, once per release, in
 * test/releases/0.2.0. In `events.json` the form that is read (`read`) is then written in by hand.
 */
const folder = import.meta.dirname;
const release = process.env['ADTALLY_RECORD'];
if (release !== undefined) {
  mkdirSync(join(folder, release), { recursive: true });
  const keep = (name: string, content: unknown): void => {
    const file = join(folder, release, name);
    if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(content, undefined, 1)}\n`);
  };
  keep('recording.json', await record(release));
  keep('events.json', await writeEvents());
}

const released = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const recordings = released.map(
  (name) => JSON.parse(readFileSync(join(folder, name, 'recording.json'), 'utf8')) as Recording,
);

type Change = (text: string) => string;

/** A field that no release knows yet. */
const withLaterField: Change = (text) => text.replace(/\}$/, ',"later":{"than":["this",1]}}');

async function fromLogs({ records }: Recording, change: Change = (text) => text) {
  const world = createHttpWorld();
  const toEntries = (stream: 'ad-events' | 'increments') =>
    records[stream].map(({ partitionKey, text }) => ({
      partitionKey,
      data: new TextEncoder().encode(change(text)),
    }));
  await world.ports.adEvents.append(toEntries('ad-events'));
  await world.ports.increments.append(toEntries('increments'));
  await settle(world.ports);
  const quarantined = await world.ports.quarantine.list({ limit: 10 });
  expect(quarantined.records.map(({ reason }) => reason)).toEqual([]);
  return outcome(world);
}

describe.each(recordings)('release $release', (recording) => {
  const { totals, ads, items } = recording;

  it('is there with all that can be recorded', () => {
    expect(ads.length).toBeGreaterThan(3);
    expect(Object.values(totals)).not.toContain('none');
    expect(items.some(({ key }) => key.pk.startsWith('chunk#'))).toBe(true);
  });

  it('left logs that lead to the same totals and ads', async () => {
    expect(await fromLogs(recording)).toEqual({ totals, ads });
  });

  it('reads the logs of a release that adds fields to every event', async () => {
    expect(await fromLogs(recording, withLaterField)).toEqual({ totals, ads });
  });

  it('left a snapshot and changes that are read, with and without later attributes', async () => {
    for (const more of [{}, { later_text: 'x', later_number: 1n }]) {
      const state = createMemoryStateStore();
      for (const { key, attributes } of items) {
        await state.write({ type: 'put', key, attributes: { ...toAttributes(attributes), ...more } });
      }
      expect((await outcome(createHttpWorld({ state }))).ads).toEqual(ads);
    }
  });
});
