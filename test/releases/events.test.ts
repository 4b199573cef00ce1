import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { decodeAdEvent } from '../../lib/app/ads/ad-event-codec.ts';
import { createAdProjector } from '../../lib/app/ads/ad-projector.ts';
import { isControlEvent } from '../../lib/app/control/control-event.ts';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import { readRecord } from '../../lib/app/counters/read-record.ts';
import { adCreated } from '../support/ad-event-builder.ts';
import { batchOf, createAdWorld, recordsOf } from '../support/ad-world.ts';
import { readAs010 } from './0.1.0/reader.ts';
import { writeEvents, type RecordedEvent, type WrittenEvent } from './recorded-events.ts';

/**
 * The rule of compatibility, in both directions. This release reads every event that an earlier one wrote, as
 * the newest form. An earlier release reads what this one writes, or keeps it whole in the quarantine with a
 * reason; it never reads half of it.
 */
const folder = import.meta.dirname;
const released = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const recorded = released.flatMap(({ name }) => {
  const events = JSON.parse(readFileSync(join(folder, name, 'events.json'), 'utf8')) as RecordedEvent[];
  return events.map((event) => ({ release: name, kind: kindOf(event), ...event }));
});

/** Each of an earlier release, by name. */
const earlierReaders = { '0.1.0': readAs010 };

/** Events that no release has written yet. */
const laterKinds = ['AdImported', 'Tracked', 'RightsClosed', 'RightsOpened'];
const kinds = ['AdCreated', 'AdDeleted', 'AdExpired', 'AdUpdated', 'ControlChanged', 'Incremented'];

function kindOf({ text }: WrittenEvent): string {
  return String((JSON.parse(text) as { type: unknown }).type);
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What this release makes of a record; a control event is settled by being one. */
function readNow({ stream, partitionKey, text }: WrittenEvent): unknown {
  const data = bytes(text);
  if (stream === 'increments') return readRecord({ partitionKey, data });
  if (isControlEvent(data)) return { type: 'ControlChanged' };
  const decoded = decodeAdEvent(data);
  return decoded.status === 'ok' ? decoded.event : decoded;
}

describe('events of earlier releases', () => {
  it.each(released.map(({ name }) => name))('hold every kind that release %s wrote', (name) => {
    const found = recorded.filter(({ release }) => release === name).map(({ kind }) => kind);
    expect([...new Set(found)].sort()).toEqual(kinds);
  });

  it.each(recorded)('are read in the newest form: $release $kind', (event) => {
    const expected = event.kind === 'ControlChanged' ? { type: 'ControlChanged' } : event.read;
    expect(readNow(event)).toStrictEqual(expected);
  });
});

describe.each(Object.entries(earlierReaders))('release %s', (name, readThen) => {
  it('read what it wrote', () => {
    for (const { stream, partitionKey, text } of recorded.filter(({ release }) => release === name)) {
      expect(readThen(stream, partitionKey, text)).toEqual(JSON.parse(text));
    }
  });

  it('reads each event of this release as this one does, or keeps it whole', async () => {
    const written = await writeEvents();
    expect([...new Set(written.map(kindOf))].sort()).toEqual([...kinds, ...laterKinds].sort());
    for (const event of written) {
      const { v } = JSON.parse(event.text) as { v: number };
      const now = readNow(event) as { v?: number };
      const then = readThen(event.stream, event.partitionKey, event.text);
      const isKnown = v === 1 && !laterKinds.includes(kindOf(event));
      expect(then !== undefined).toBe(isKnown);
      const asBoth = kindOf(event) === 'ControlChanged' ? { type: 'ControlChanged' } : then;
      // This release raises it to its newest version, which says the same.
      if (isKnown) expect(now.v === 3 ? { ...now, v: 1 } : now).toEqual(asBoth);
    }
  });

  it('keeps an event of a version that it does not know whole', () => {
    for (const { stream, partitionKey, text } of recorded) {
      const later = text.replace(/"v":1/, '"v":4');
      expect(readThen(stream, partitionKey, later)).toBeUndefined();
    }
  });
});

describe('an event of a version that this release does not know', () => {
  const newest = (kind: string): number => (['AdCreated', 'AdUpdated'].includes(kind) ? 3 : 1);
  const reasonOf = (kind: string): string =>
    `version 4 of ${kind} is newer than this release reads (${newest(kind)}): redrive it with a later release`;

  it('is kept whole with a reason, and what comes after it in its log is decided', async () => {
    const world = createAdWorld();
    const texts = recorded.filter(({ stream }) => stream === 'ad-events');
    const later = texts.map(({ text }) => bytes(text.replace(/"v":1/, '"v":4')));
    const [last] = recordsOf([adCreated(1)]);
    const records = [...later, last!.data].map((data, index) => ({
      ...{ sequenceNumber: String(index + 1), partitionKey: 'ads', data, arrivedAtMs: 1 },
    }));
    const { lowestUnsettled } = await createAdProjector(world.ports).project(batchOf(records));
    expect(lowestUnsettled).toBeUndefined();
    const { records: kept } = await world.quarantine.list({ limit: 100 });
    const reasons = new Map(kept.map(({ sequenceNumber, reason }) => [sequenceNumber, reason]));
    expect(reasons).toEqual(new Map(texts.map(({ kind }, index) => [String(index + 1), reasonOf(kind)])));
    for (const [index, data] of later.entries()) {
      const id = {
        stream: 'ad-events',
        epoch: '1',
        shardId: 'shardId-000000000000',
        sequenceNumber: String(index + 1),
      } as const;
      expect((await world.quarantine.get(id))?.data).toEqual(data);
    }
    const head = await world.memoryState.get({ table: 'ads', pk: 'head', sk: '' });
    expect(head).toMatchObject({ version: 1n, live_ads: 1n });
  });

  it('is not counted and not lost, and the next increment of its counter counts', async () => {
    const world = createAdWorld();
    const one = recorded.find(({ text }) => text.includes('"key":"plain"'));
    const texts = [one!.text.replace('"v":1', '"v":4'), one!.text];
    const records = texts.map((text, index) => ({
      ...{ sequenceNumber: String(index + 1), partitionKey: 'plain', data: bytes(text), arrivedAtMs: 1 },
    }));
    const batch = { stream: 'increments', epoch: '1', shardId: 'shardId-000000000000', records } as const;
    const { lowestUnsettled } = await createAggregator(world.ports).aggregate(batch);
    expect(lowestUnsettled).toBeUndefined();
    const { records: kept } = await world.quarantine.list({ limit: 100 });
    expect(kept.map(({ sequenceNumber, reason }) => [sequenceNumber, reason])).toEqual([
      ['1', reasonOf('Incremented')],
    ]);
    const counter = await world.memoryState.get({ table: 'counters', pk: 'counter#plain', sk: '' });
    expect(counter).toMatchObject({ total: 1n });
  });
});
