import type { Clock } from '../../ports/clock.ts';
import type { Span, SpanAttributes, SpanExporter } from '../../ports/spans.ts';
import type { Log } from '../../ports/telemetry.ts';

export interface OtlpSettings {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
}

/** The message names the variable, what it must be, and what it was. */
export class OtlpSettingsError extends Error {
  override readonly name = 'OtlpSettingsError';
  readonly code = 'otlp-settings';
}

/**
 * From the variables that OpenTelemetry's exporters read; undefined: they name no endpoint. Throws an
 * OtlpSettingsError.
 */
export function otlpSettings(
  environment: Readonly<Record<string, string | undefined>>,
  defaultName = 'adtally',
): OtlpSettings | undefined {
  const variable = (name: string): string => environment[name] ?? '';
  const address = (name: string): string => {
    const text = variable(name);
    if (text === '' || /^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
    throw new OtlpSettingsError(`${name} must be an http or https URL; got ${text}`);
  };
  const base = address('OTEL_EXPORTER_OTLP_ENDPOINT').replace(/\/$/, '');
  const url = address('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') || (base && `${base}/v1/traces`);
  if (url === '') return undefined;
  // Pairs as in a query string, but for the commas between them.
  const pairs = variable('OTEL_EXPORTER_OTLP_HEADERS').replaceAll('+', '%2B').replace(/ *, */g, '&');
  const headers = Object.fromEntries(new URLSearchParams(pairs));
  return { url, headers, serviceName: variable('OTEL_SERVICE_NAME') || defaultName };
}

export interface OtlpExporterOptions extends OtlpSettings {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Pick<Log, 'warn'>;
  /** Rest between two batches, so that they fill; none by default. */
  readonly pauseMs?: number;
}

/** OpenTelemetry's defaults. */
const queueMax = 2048;
const batchMax = 512;
const requestMsMax = 5000;
const pauseAfterFailureMs = 1000;
const stopMsMax = 2000;

/** Posts spans as OTLP/HTTP JSON, one batch at a time and each once: a collector that is away loses them. */
export function createOtlpExporter(options: OtlpExporterOptions): SpanExporter {
  const { url, headers, serviceName, clock, log, pauseMs = 0 } = options;
  const queue: Span[] = [];
  const stopping = new AbortController();
  let sending: Promise<void> | undefined;
  let dropped = 0;
  const drop = (count: number, error: string): void => {
    if (dropped === 0) log.warn('spans are lost: the collector did not take them', { error });
    dropped += count;
  };
  /** Resolves to what went wrong. */
  const post = async (batch: readonly Span[]): Promise<string | undefined> => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(otlpBody(batch, serviceName)),
        signal: AbortSignal.timeout(requestMsMax),
      });
      await response.arrayBuffer();
      return response.ok ? undefined : `status ${response.status}`;
    } catch (error) {
      return String((error as Error).cause ?? error);
    }
  };
  const send = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, batchMax);
      const error = await post(batch);
      if (error !== undefined) drop(batch.length, error);
      const restMs = error === undefined ? pauseMs : pauseAfterFailureMs;
      if (restMs > 0) await clock.sleep(restMs, stopping.signal);
    }
    sending = undefined;
  };
  return {
    export(spans) {
      const room = queueMax - queue.length;
      queue.push(...spans.slice(0, room));
      if (spans.length > room) drop(spans.length - room, 'the queue is full');
      sending ??= send();
    },
    async stop() {
      stopping.abort();
      const timer = new AbortController();
      await Promise.race([sending, clock.sleep(stopMsMax, timer.signal)]);
      timer.abort();
      dropped += queue.splice(0).length;
      if (dropped > 0) log.warn('spans were lost', { dropped });
    },
  };
}

/**
 * An ExportTraceServiceRequest as protobuf's JSON: enumerations are numbers, 64-bit integers strings, ids
 * hex.
 */
function otlpBody(spans: readonly Span[], serviceName: string): unknown {
  const resource = { attributes: keyValues({ 'service.name': serviceName }) };
  const scopeSpans = [{ scope: { name: 'adtally' }, spans: spans.map(otlpSpan) }];
  return { resourceSpans: [{ resource, scopeSpans }] };
}

function otlpSpan(span: Span): unknown {
  const { traceId, spanId, parentId, name, startMs, endMs, failed, links, attributes } = span;
  return {
    ...{ traceId, spanId, parentSpanId: parentId, name, kind: kindOf(span) },
    ...{ startTimeUnixNano: nanoseconds(startMs), endTimeUnixNano: nanoseconds(endMs) },
    attributes: keyValues(attributes),
    links: links.map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
    status: failed ? { code: 2 } : {},
  };
}

const kinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };

function kindOf({ name, attributes }: Span): number {
  if ('rpc.system' in attributes) return kinds.client;
  if (name.endsWith(' append')) return kinds.producer;
  if (name === 'settle batch') return kinds.consumer;
  return name === 'request' ? kinds.server : kinds.internal;
}

/** Whole microseconds: a double holds no more of a time since 1970. */
const nanoseconds = (ms: number): string => `${Math.round(ms * 1000)}000`;

function keyValues(attributes: SpanAttributes): unknown[] {
  return Object.entries(attributes).map(([key, value]) => {
    if (typeof value === 'string') return { key, value: { stringValue: value } };
    if (typeof value === 'boolean') return { key, value: { boolValue: value } };
    return { key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } };
  });
}
