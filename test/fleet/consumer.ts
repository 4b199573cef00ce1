import { createEventSourceMapping } from '../../lib/embedded/delivery/event-source-mapping.ts';
import type { EventSourceMapping } from '../../lib/embedded/delivery/event-source-mapping.ts';
import { backoffMs, type Backoff } from '../../lib/core/backoff.ts';
import type { StageSettings } from '../../lib/stages.ts';
import type { Kernel } from '../simulation/kernel.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import type { Kinesis } from './kinesis.ts';
import type { Lambda } from './lambda.ts';
import { assumed } from './quotas.ts';

export interface ConsumerOptions {
  readonly kernel: Kernel;
  readonly settings: StageSettings;
  readonly kinesis: Kinesis;
  readonly lambda: Lambda;
}

/** Lambda's pollers ask again when a function has no room; they neither split the batch nor count a try. */
const throttled: Backoff = { firstMs: 100, longestMs: 5000 };

/** An event source mapping of the stage: the embedded delivery loop, whose batches are calls of containers. */
export class Consumer {
  readonly #mapping: EventSourceMapping;
  /** Batches that found no room, each time. */
  throttled = 0;

  constructor(consumer: keyof StageSettings['deliveries'], options: ConsumerOptions) {
    const { kernel, settings, kinesis, lambda } = options;
    const { stream, epoch } = kinesis.log;
    const functionTimeoutMs = settings.functions[consumer].timeoutSeconds * 1000;
    const prng = kernel.fork(`consumer/${consumer}`);
    this.#mapping = createEventSourceMapping({
      ...{ consumer, functionTimeoutMs, reader: kinesis.reader(), telemetry: nullTelemetry },
      settings: settings.deliveries[consumer],
      streamArn: `arn:aws:kinesis:eu-west-1:123456789012:stream/adtally-${settings.stage}-${stream}.${epoch}`,
      clock: {
        nowMs: () => Math.floor(kernel.nowMs()),
        monotonicMs: () => kernel.elapsedMs,
        sleep: (durationMs, signal) => kernel.sleep(durationMs, signal),
      },
      invoke: async (event) => {
        const workMs = assumed.handlerMs + event.Records.length * assumed.recordMs;
        const endMs = kernel.elapsedMs + functionTimeoutMs;
        for (let failures = 1; kernel.elapsedMs < endMs; failures += 1) {
          const invocation = await lambda.invoke(consumer, event, { workMs });
          if (invocation.status === 'answered') return invocation.result;
          if (invocation.status === 'failed') throw new Error(invocation.reason);
          this.throttled += 1;
          await kernel.sleep(backoffMs(failures, throttled, prng.float()));
        }
        throw new Error('no room for as long as a call may take');
      },
      onFailure: () => Promise.reject(new Error('no record of the fleet is that old')),
    });
  }

  start(): void {
    this.#mapping.start();
  }

  /** Settles what is in the stream, and ends. */
  async finish(): Promise<void> {
    await this.#mapping.idle();
    await this.#mapping.stop();
  }
}
