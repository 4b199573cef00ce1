import { createSocket, type Socket } from 'node:dgram';
import type { Span, SpanExporter } from '../../ports/spans.ts';

/** The daemon takes no more in one datagram. */
const documentBytesMax = 64 * 1000;

/**
 * Sends spans to X-Ray's daemon (`169.254.79.129:2000`) by UDP: nothing is waited for, what gets lost is
 * lost.
 */
export function createXrayExporter(address: string): SpanExporter {
  const [, host = '', port = ''] = /^([0-9.]+):(\d{1,5})$/.exec(address) ?? [];
  let socket: Socket | undefined;
  return {
    export(spans) {
      for (const span of host === '' ? [] : spans) {
        const bytes = Buffer.from(`{"format":"json","version":1}\n${JSON.stringify(subsegment(span))}`);
        socket ??= createSocket('udp4')
          .on('error', () => undefined)
          .unref();
        if (bytes.length <= documentBytesMax) socket.send(bytes, Number(port), host, () => undefined);
      }
    },
    stop: () => Promise.resolve(),
  };
}

/** A call of AWS bears the name of its service, which makes that a node of the service map. */
function subsegment({ traceId, spanId, parentId, name, startMs, endMs, failed, attributes }: Span): object {
  const {
    'rpc.system': system,
    'rpc.service': service,
    'rpc.method': operation,
    ...annotations
  } = attributes;
  const awsCall = {
    name: service,
    namespace: 'aws',
    aws: { operation },
    annotations: { ...annotations, call: name },
  };
  return {
    ...(system === undefined ? { name, annotations } : awsCall),
    ...{ id: spanId, trace_id: `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`, parent_id: parentId },
    ...{
      type: 'subsegment',
      start_time: startMs / 1000,
      end_time: endMs / 1000,
      ...(failed && { fault: true }),
    },
  };
}
