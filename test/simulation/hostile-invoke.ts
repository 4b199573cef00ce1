import type { KinesisStreamEvent } from 'aws-lambda';
import { ScheduleError } from '../../lib/ports/expiry-schedule.ts';
import { isPortError } from '../../lib/ports/port-error.ts';
import { InvocationError, type Containers } from './containers.ts';
import { noPartitionKey } from './audit/counter-ledger.ts';
import type { Prng } from '../support/prng.ts';
import type { Consumer } from './delivery.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Kernel } from './kernel.ts';
import type { PendingWork } from './ports/port-call.ts';

export interface HostileInvokeOptions {
  readonly kernel: Kernel;
  readonly faults: FaultPlan;
  readonly containers: Containers;
  readonly consumer: Consumer;
  readonly pending: PendingWork;
}

/**
 * How Lambda's pollers invoke a function, at their worst: at least once, also at once, and not always told
 * how it went.
 */
export function hostileInvoke(
  options: HostileInvokeOptions,
): (event: KinesisStreamEvent) => Promise<unknown> {
  const { kernel, faults, containers, consumer, pending } = options;
  const prng = kernel.fork(`invoke/${consumer}`);

  /**
   * What the platform does to a function, and a store that fails, is part of the game; the log does not wait
   * for the Scheduler. Anything else that a consumer throws is a bug, though a retry of half the batch may
   * well get around it.
   */
  const judge = (error: unknown): void => {
    const isAllowed = isPortError(error) && !(error instanceof ScheduleError);
    if (!(error instanceof InvocationError) && !isAllowed) kernel.fail(error);
  };

  /** Beside everything else; nobody hears how it went. */
  const alsoRun = (event: KinesisStreamEvent, afterMs: number): void => {
    pending.count += 1;
    void kernel.spawn(async () => {
      await kernel.sleep(afterMs);
      try {
        await containers.invoke(consumer, event);
      } catch (error) {
        // The platform's matter: what the function did until then is what counts.
        if (event.Records.length > 0) judge(error);
      } finally {
        pending.count -= 1;
      }
    });
  };

  const run = async (event: KinesisStreamEvent): Promise<unknown> => {
    const killAfterMs = faults.strikes('timeout') ? prng.int(0, 3000) : undefined;
    const running = containers.invoke(consumer, event, { ...(killAfterMs !== undefined && { killAfterMs }) });
    running.catch(judge);
    // Nobody tells the poller, either: it waits for as long as the function may take.
    if (killAfterMs !== undefined && prng.chance(0.3))
      return running.catch(() => new Promise(() => undefined));
    if (!faults.strikes('zombie')) return running;
    const lost = kernel.sleep(prng.int(0, 2000)).then(() => {
      throw new InvocationError('the connection to the function was lost');
    });
    return Promise.race([running, lost]);
  };

  return async (delivered) => {
    const event = asLambdaSpells(delivered, prng);
    await kernel.sleep(prng.int(1, 40));
    if (faults.strikes('empty-batch')) alsoRun({ Records: [] }, 0);
    if (faults.strikes('function-throttled')) throw new InvocationError('Rate exceeded');
    if (faults.strikes('batch-concurrent')) alsoRun(event, prng.int(0, 300));
    const response = await run(event);
    if (faults.strikes('batch-twice')) alsoRun(event, 10 ** (prng.int(0, 5000) / 1000));
    return distort(faults, response, event, prng.int(0, 3));
  };
}

/** Of a record without a partition key Lambda's event has none, or null: nobody has said which. */
function asLambdaSpells(event: KinesisStreamEvent, prng: Prng): KinesisStreamEvent {
  if (event.Records.every(({ kinesis }) => kinesis.partitionKey !== noPartitionKey)) return event;
  const spelt = prng.chance(0.5) ? null : undefined;
  const Records = event.Records.map((record) =>
    record.kinesis.partitionKey === noPartitionKey
      ? { ...record, kinesis: { ...record.kinesis, partitionKey: spelt as unknown as string } }
      : record,
  );
  return { Records };
}

const unreadable: readonly unknown[] = [
  'not an answer',
  { batchItemFailures: [{ itemIdentifier: '' }] },
  { batchItemFailures: [{ itemIdentifier: '123456789012345678901234567890' }] },
  { batchItemFailures: [{ wrongName: '1' }] },
];

/** Nothing here may turn a failure into a success: that no platform does. */
function distort(faults: FaultPlan, response: unknown, event: KinesisStreamEvent, which: number): unknown {
  if (event.Records.length > 1 && faults.strikes('bisect')) throw new InvocationError('Unhandled');
  if (faults.strikes('malformed-response')) return unreadable[which];
  const { batchItemFailures } = response as { batchItemFailures: readonly unknown[] };
  if (batchItemFailures.length > 0 && faults.strikes('partial-response-ignored')) {
    throw new InvocationError('partial answers are not understood');
  }
  return response;
}
