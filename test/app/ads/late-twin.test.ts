import { describe, expect, it } from '@jest/globals';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { parseHead } from '../../../lib/app/ads/ad-head.ts';
import { writeSnapshot } from '../../../lib/app/ads/snapshot-writer.ts';
import { headKey } from '../../../lib/app/state-keys.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';
import type { StateStore } from '../../../lib/ports/state-store.ts';
import { auditAdStore } from '../../support/ad-store-audit.ts';
import { adCreated, adDeleted, adUpdated } from '../../support/ad-event-builder.ts';
import { batchOf, createAdWorld, projectAll, recordsOf, recoverState } from '../../support/ad-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

/** The first two records are settled in peace. The twins then meet over the rest. */
const records = recordsOf([
  adCreated(1),
  adCreated(2),
  adUpdated(1, { title: 'held' }),
  adDeleted(98),
  adDeleted(99),
  adUpdated(2, { title: 'other' }),
]);
const [, , change, refusal, laterRefusal, laterChange] = records as [
  LogRecord,
  LogRecord,
  LogRecord,
  LogRecord,
  LogRecord,
  LogRecord,
];

/** What the one twin sends and the other overtakes: a change, only a mark, or the end of a snapshot. */
type Held = 'change' | 'mark' | 'snapshot';
type Meanwhile = 'nothing' | 'change' | 'mark' | 'snapshot';

/** Whether the late write may still take effect. */
const table: readonly (readonly [Held, Meanwhile, 'written' | 'condition-failed'])[] = [
  ['change', 'nothing', 'written'],
  ['change', 'change', 'condition-failed'],
  ['change', 'mark', 'condition-failed'],
  ['change', 'snapshot', 'condition-failed'],
  ['mark', 'nothing', 'written'],
  ['mark', 'change', 'condition-failed'],
  ['mark', 'mark', 'condition-failed'],
  ['mark', 'snapshot', 'condition-failed'],
  ['snapshot', 'nothing', 'written'],
  ['snapshot', 'change', 'condition-failed'],
  // A mark moves neither the version nor the bytes of changes.
  ['snapshot', 'mark', 'written'],
  ['snapshot', 'snapshot', 'condition-failed'],
];

describe('a write that arrives after another projector was at work', () => {
  it.each(table)('of a %s after a %s is %s, and the table is whole', async (held, meanwhile, status) => {
    const world = createAdWorld();
    const { state, offences, audit } = auditAdStore(world.memoryState);
    const ports = { ...world.ports, state };
    await projectAll(createAdProjector(ports), records.slice(0, 2));
    const late = await hold(state, async (holding) => {
      const twin = { ...ports, state: holding };
      if (held === 'snapshot') return snapshot(twin);
      return createAdProjector(twin).project(batchOf([held === 'change' ? change : refusal]));
    });
    if (meanwhile === 'snapshot') await snapshot(ports);
    if (meanwhile === 'change') await projectAll(createAdProjector(ports), [laterChange]);
    if (meanwhile === 'mark') await projectAll(createAdProjector(ports), [laterRefusal]);
    expect(await late()).toMatchObject({ status });
    expect([...offences, ...(await audit())]).toEqual([]);
  });
});

async function snapshot(ports: Parameters<typeof writeSnapshot>[0]): Promise<unknown> {
  return writeSnapshot(ports, await recoverState(ports), parseHead(await ports.state.get(headKey)));
}

/** Runs until the first transaction, which is not sent. Returns what sends it. */
async function hold(
  state: StateStore,
  run: (holding: StateStore) => Promise<unknown>,
): Promise<() => Promise<unknown>> {
  return new Promise((resolve, reject) => {
    const holding = overrideState(state, {
      transact: async (actions) => {
        resolve(async () => state.transact(actions));
        return new Promise(() => undefined);
      },
    });
    run(holding).catch(reject);
  });
}
