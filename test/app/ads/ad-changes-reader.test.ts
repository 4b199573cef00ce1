import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readAdChanges } from '../../../lib/app/ads/ad-changes-reader.ts';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { compareProjection } from '../../../lib/app/rebuild/compare-projection.ts';
import { switchProjection } from '../../../lib/app/rebuild/switch-projection.ts';
import { headKey } from '../../../lib/app/state-keys.ts';
import type { AdEvent } from '../../../lib/core/ads/ad-event.ts';
import { StateStoreError } from '../../../lib/ports/state-store.ts';
import { adEpochMs } from '../../support/ad-builder.ts';
import { adCreated, adDeleted, adExpired, adUpdated, hourMs } from '../../support/ad-event-builder.ts';
import { batchOf, createAdWorld, projectEvents, recordsOf } from '../../support/ad-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const endAt = adEpochMs + 24 * hourMs;

/** Two are created, one of them updated and one deleted; a third expires; three events come to nothing. */
const events: readonly AdEvent[] = [
  adCreated(1),
  adCreated(2),
  adUpdated(1, { title: 'other' }),
  adUpdated(9, { title: 'of an ad that is not there' }),
  adDeleted(2),
  adDeleted(2),
  adCreated(3),
  adExpired(3, endAt),
  adExpired(1, endAt - hourMs),
];
const counted = { version: 6, created: 3, updated: 1, deleted: 1, expired: 1 };

describe('the changes of ads', () => {
  it('are counted by type, each that took effect once', async () => {
    const { ports } = await projectEvents(events);
    expect(await readAdChanges(ports)).toEqual(counted);
  });

  it('are none before the first event, and after one that came to nothing', async () => {
    const none = { version: 0, created: 0, updated: 0, deleted: 0, expired: 0 };
    expect(await readAdChanges(createAdWorld().ports)).toEqual(none);
    const { ports } = await projectEvents([adDeleted(1)]);
    expect(await readAdChanges(ports)).toEqual(none);
  });

  it('are the same however batches are cut and repeated, and if the answer to a commit is lost', async () => {
    const records = recordsOf(events);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(records.length), fc.boolean()), { maxLength: 6 }),
        async (cuts) => {
          const { ports, memoryState } = createAdWorld();
          let isLost = false;
          const state = overrideState(memoryState, {
            transact: async (actions) => {
              const result = await memoryState.transact(actions);
              if (!isLost) return result;
              isLost = false;
              throw new StateStoreError('state-unavailable', 'no answer');
            },
          });
          for (const [end, loses] of [...cuts, [records.length, false] as const]) {
            isLost = loses;
            // From the first record on: a batch that comes again has what is settled, too.
            await createAdProjector({ ...ports, state }).project(batchOf(records.slice(0, end)));
          }
          expect(await readAdChanges(ports)).toEqual(counted);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('are not known while the store does not answer', async () => {
    const { ports } = await projectEvents(events);
    const state = overrideState(ports.state, {
      get: () => Promise.reject(new StateStoreError('state-unavailable', 'no answer')),
    });
    expect(await readAdChanges({ ...ports, state })).toBeUndefined();
  });
});

describe('a head that a release without counts has moved', () => {
  /** As that release left it: it wrote every other attribute. */
  async function moved() {
    const world = await projectEvents(events.slice(0, 5));
    const { memoryState, ports } = world;
    const before = (await memoryState.get(headKey))!;
    await createAdProjector(ports).project(batchOf(recordsOf(events)));
    const { counted: from, deleted, expired } = before;
    await memoryState.write({
      type: 'update',
      key: headKey,
      set: { counted: from!, deleted: deleted!, expired: expired! },
    });
    return world;
  }

  it('does not say how many there were, not even after a change that is counted again', async () => {
    const { ports } = await moved();
    expect(await readAdChanges(ports)).toBeUndefined();
    await createAdProjector(ports).project(batchOf(recordsOf([...events, adDeleted(1)])));
    expect(await readAdChanges(ports)).toBeUndefined();
  });

  it('does not differ from the changes, and is counted when the projection is switched', async () => {
    const { ports } = await moved();
    expect((await compareProjection(ports)).differences).toEqual([]);
    expect((await switchProjection(ports))?.differences).toEqual([]);
    expect(await readAdChanges(ports)).toEqual(counted);
    await createAdProjector(ports).project(batchOf(recordsOf([...events, adDeleted(1)])));
    expect(await readAdChanges(ports)).toEqual({ ...counted, version: 7, deleted: 2 });
  });

  it('stays counted after a change by a projector that knew it without counts', async () => {
    const { ports } = await moved();
    const warm = createAdProjector(ports);
    await warm.project(batchOf(recordsOf([...events, adDeleted(1)])));
    await switchProjection(ports);
    await warm.project(batchOf(recordsOf([...events, adDeleted(1), adCreated(4)]).slice(-1)));
    expect(await readAdChanges(ports)).toEqual({ ...counted, version: 8, created: 4, deleted: 2 });
  });

  it('so is one without any count', async () => {
    const { ports, memoryState } = await projectEvents(events);
    await memoryState.write({
      type: 'update',
      key: headKey,
      set: {},
      remove: ['counted', 'deleted', 'expired'],
    });
    expect(await readAdChanges(ports)).toBeUndefined();
    await switchProjection(ports);
    expect(await readAdChanges(ports)).toEqual(counted);
  });
});

it('a count that a rebuild has corrected is not undone by a projector that knew the wrong one', async () => {
  const { ports, memoryState } = await projectEvents(events);
  await memoryState.write({ type: 'update', key: headKey, add: { deleted: 2n } });
  const warm = createAdProjector(ports);
  await warm.project(batchOf(recordsOf([...events, adCreated(4)])));
  await switchProjection(ports);
  await warm.project(batchOf(recordsOf([...events, adCreated(4), adCreated(5)]).slice(-1)));
  expect(await readAdChanges(ports)).toEqual({ ...counted, version: 8, created: 5 });
});

it('a count that is wrong before the first change is found and mended', async () => {
  const { ports, memoryState } = await projectEvents([adDeleted(1)]);
  await memoryState.write({ type: 'update', key: headKey, add: { expired: 1n } });
  const { differences } = await compareProjection(ports);
  expect(differences).toEqual([{ type: 'head', attribute: 'expired', expected: 0, found: 1 }]);
  await switchProjection(ports);
  expect(await readAdChanges(ports)).toMatchObject({ version: 0, expired: 0 });
});
