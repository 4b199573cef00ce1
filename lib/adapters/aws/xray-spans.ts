import { createSocket, type Socket } from 'node:dgram';
import { spanNames, type SpanName } from '../../core/span-names.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { SpanOutcome, Spans } from '../../ports/spans.ts';
import type { Environment } from './lambda-environment.ts';

export interface XraySpansOptions {
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly ids: Pick<Ids, 'nonce'>;
  /** Lambda sets the trace anew for each invocation. */
  readonly environment: Environment;
}

/** The daemon takes no more in one datagram. */
const documentBytesMax = 64 * 1000;

const header = '{"format":"json","version":1}\n';

/**
 * Sends each span as a subsegment of the invocation to X-Ray's daemon, by UDP: nothing is waited for, and what gets lost is
 * lost. Lambda decides what is sampled; of what is not, nothing is measured. A container has one invocation at a time.
 */
export function createXraySpans(options: XraySpansOptions): Spans {
  return new XraySpans(options);
}

class XraySpans implements Spans {
  readonly #options: XraySpansOptions;
  #socket: Socket | undefined;
  /** The batch that is being settled, around what is begun meanwhile. */
  #batch: string | undefined;

  constructor(options: XraySpansOptions) {
    this.#options = options;
  }

  async around<T>(name: SpanName, work: () => Promise<T>, look?: (result: T) => SpanOutcome): Promise<T> {
    const { clock, ids, environment } = this.#options;
    const trace = sampledTrace(environment['_X_AMZN_TRACE_ID']);
    const daemon = daemonAddress(environment['AWS_XRAY_DAEMON_ADDRESS']);
    if (trace === undefined || daemon === undefined) return work();
    const id = ids.nonce().slice(0, 16);
    const parent = this.#batch ?? trace.parent;
    const startMs = clock.nowMs();
    const beganMs = clock.monotonicMs();
    if (name === spanNames.settleBatch) this.#batch = id;
    let outcome: SpanOutcome = { failed: true };
    try {
      const result = await work();
      outcome = look?.(result) ?? {};
      return result;
    } finally {
      if (this.#batch === id) this.#batch = undefined;
      this.#send(daemon, {
        ...{ name, id, trace_id: trace.root, parent_id: parent, type: 'subsegment' },
        start_time: startMs / 1000,
        end_time: (startMs + clock.monotonicMs() - beganMs) / 1000,
        ...(outcome.failed === true && { fault: true }),
        ...(outcome.details !== undefined && { annotations: outcome.details }),
      });
    }
  }

  #send({ host, port }: DaemonAddress, document: object): void {
    const bytes = Buffer.from(header + JSON.stringify(document));
    if (bytes.length > documentBytesMax) return;
    this.#socket ??= openSocket();
    this.#socket.send(bytes, port, host, () => undefined);
  }
}

function openSocket(): Socket {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  return socket.unref();
}

interface SampledTrace {
  readonly root: string;
  readonly parent: string;
}

/** `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;...`; undefined: not sampled, or no trace. */
function sampledTrace(text: string | undefined): SampledTrace | undefined {
  if (text?.includes('Sampled=1') !== true) return undefined;
  const root = /(?:^|;)Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)/.exec(text)?.[1];
  const parent = /(?:^|;)Parent=([0-9a-f]{16})(?:;|$)/.exec(text)?.[1];
  return root === undefined || parent === undefined ? undefined : { root, parent };
}

interface DaemonAddress {
  readonly host: string;
  readonly port: number;
}

/** `169.254.79.129:2000`, as Lambda has it. */
function daemonAddress(text: string | undefined): DaemonAddress | undefined {
  const [, host, port] = /^([0-9.]+):(\d{1,5})$/.exec(text ?? '') ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
}
