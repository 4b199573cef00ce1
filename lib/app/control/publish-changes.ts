import type { Ports } from '../ports.ts';
import { appendEvents } from '../append-events.ts';
import { readRange } from '../read-range.ts';
import { changeSortKey, controlChangesPartition, controlKey } from '../state-keys.ts';
import { controlEntry } from './control-event.ts';
import { changeOf, readControl, type ControlChange } from './control-item.ts';

type PublishDeps = Pick<Ports, 'state' | 'adEvents' | 'clock' | 'ids' | 'telemetry'>;

/**
 * Appends the events of changes that are not in the event log yet, in their order. The change is made first
 * and its event appended after it, so that the log never holds a change that lost. A command that dies
 * between the two leaves the event to the next change, or to the sweep of ads, every five minutes. An event
 * may be appended twice; its copies have one id. Resolves to whether all are in the log. Rejects with a
 * StateStoreError.
 */
export async function publishChanges(deps: PublishDeps): Promise<boolean> {
  const control = await readControl(deps);
  const version = control.status === 'ok' ? control.change.version : control.version;
  if (control.published >= version) return true;
  const range = {
    ...{ table: controlKey.table, pk: controlChangesPartition },
    after: changeSortKey(control.published),
    through: changeSortKey(version),
  };
  for await (const { attributes } of readRange(deps.state, range)) {
    const read = changeOf(attributes);
    // Written by a later version of the code, which publishes it.
    if (read.status === 'not-understood') return false;
    if (!(await publishOne(deps, read.change))) return false;
  }
  return true;
}

async function publishOne(deps: PublishDeps, change: ControlChange): Promise<boolean> {
  // One call for each: the records of one call may change places in the log.
  const [appended] = await appendEvents({ ...deps, log: deps.adEvents }, [controlEntry(change)], {
    repeatable: true,
  });
  if (appended?.status !== 'appended') return false;
  await deps.state.write({
    type: 'update',
    key: controlKey,
    set: { published: BigInt(change.version) },
    // Never back: another publisher may be further on.
    condition: {
      op: 'all',
      of: [
        { op: 'item-present' },
        {
          op: 'any',
          of: [
            { op: 'absent', attribute: 'published' },
            { op: '<', attribute: 'published', value: BigInt(change.version) },
          ],
        },
      ],
    },
  });
  return true;
}
