import { giveUpIncrement } from '../../lib/app/quarantine/give-up.ts';
import { encodeIncrement } from '../../lib/app/counters/increment-codec.ts';
import type { LogReader } from '../../lib/ports/log-reader.ts';
import { openStage } from '../../lib/operator/open-stage.ts';

/** A record as ingest would have logged it, which somebody gave up. */
function goodRecord(
  key: string,
  index: number,
): { readonly partitionKey: string; readonly data: Uint8Array } {
  const id = (index + 1).toString(16).padStart(32, '0');
  const fields = { value: '7', count: 1, keyed: false, at: Date.now() } as const;
  return { partitionKey: key, data: encodeIncrement({ v: 1, type: 'Incremented', id, key, ...fields }) };
}

/**
 * A data folder whose quarantine has a record for each key: of `good` a redrive counts 7, of `spoilt` it is
 * refused. For a runtime to be started on afterwards.
 */
export async function makeQuarantinedFolder(
  folder: string,
  { good, spoilt }: { readonly good: readonly string[]; readonly spoilt: readonly string[] },
): Promise<void> {
  const stage = await openStage({ stage: 'local', data: folder, create: true });
  const quiet = { info: noLine, warn: noLine, error: noLine, count: noLine, observe: noLine };
  const entries = [
    ...good.map((key, i) => ({ ...goodRecord(key, i), reason: 'kills the function' })),
    ...spoilt.map((key) => ({
      ...{ partitionKey: key, data: new TextEncoder().encode('{"v":1,"type":"Incremented","value":"zero"}') },
      reason: 'value: invalid_format',
    })),
  ];
  for (const { reason, ...entry } of entries) {
    const [appended] = await stage.increments.append([entry]);
    if (appended?.status !== 'appended') throw new Error('the log takes nothing');
    const { shardId, sequenceNumber } = appended;
    await giveUpIncrement(
      { ...stage, telemetry: quiet },
      {
        shard: { epoch: (stage.increments as unknown as LogReader).epoch, shardId },
        record: { ...entry, sequenceNumber, arrivedAtMs: Date.now() - 90_000 },
        reason,
      },
    );
  }
  await stage.close();
}

function noLine(): void {
  // Nobody reads it.
}
