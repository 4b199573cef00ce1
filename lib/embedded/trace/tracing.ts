import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { createOtlpExporter, type OtlpSettings } from '../../adapters/tracing/otlp-exporter.ts';
import { traced } from '../../adapters/tracing/traced-ports.ts';
import { Tracer, type ActiveSpan } from '../../adapters/tracing/tracer.ts';
import { parseTraceparent } from '../../api/request/trace-context.ts';
import type { Ports } from '../../app/ports.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { SpanContext } from '../../ports/spans.ts';
import type { AroundCalls } from '../functions.ts';
import { createPeriodic } from '../housekeeping/periodic.ts';
import type { HttpHandler } from '../http/http-message.ts';
import { openTraceFile, traceBytesMax } from './trace-file.ts';
import { createTraceRecorder } from './trace-recorder.ts';

export interface TracingOptions {
  /** Default: no file is written. */
  readonly file?: string;
  /** Where the file ends; default `traceBytesMax`. */
  readonly bytesMax?: number;
  /** Default: no spans are posted. */
  readonly otlp?: OtlpSettings;
  /** The share (0..1) of requests without a `traceparent` that are sampled; default 0.1. */
  readonly ratio?: number;
}

/** Each part of the runtime with spans around its calls. */
export type Tracing = Awaited<ReturnType<typeof openTracing>>;

/** How often the slowest and the failed traces are exported. */
const flushEveryMs = 5000;
/** The most sampled records that are not settled yet; older ones get no link. */
const unsettledMax = 100_000;
const otlpPauseMs = 200;

/** Returns each part of the runtime with spans around its calls. Rejects with a TraceFileError. */
export async function openTracing(
  options: TracingOptions,
  deps: Pick<Ports, 'clock' | 'ids' | 'telemetry' | 'settings'>,
) {
  const { file, bytesMax = traceBytesMax, otlp, ratio = 0.1 } = options;
  const { clock, ids, telemetry: log } = deps;
  const originMs = clock.nowMs();
  const { stage } = deps.settings;
  const about = { stage, node: process.version, began_at: new Date(originMs).toISOString(), ratio };
  const exporters = [
    ...(file === undefined ? [] : [await openTraceFile(file, { bytesMax, log, about, originMs })]),
    ...(otlp ? [createOtlpExporter({ ...otlp, clock, log, pauseMs: otlpPauseMs })] : []),
  ];
  // The rest of the address may hold a secret.
  const collector = otlp && URL.parse(otlp.url)?.origin;
  log.info('tracing starts', {
    ...(file !== undefined && { file }),
    ...(collector !== undefined && { collector }),
    sampled_share: ratio,
  });
  const recorder = createTraceRecorder((spans) => {
    for (const exporter of exporters) exporter.export(spans);
  });
  const tracer = new Tracer({ clock, ids, onEnd: recorder.end });
  const flush = () => Promise.try(recorder.flush);
  const periodic = createPeriodic({ name: 'export spans', everyMs: flushEveryMs, task: flush, ...deps });
  periodic.start();

  let shareNow: () => number | undefined = () => undefined;
  const isSampled = (): boolean => ids.random() < (shareNow() ?? ratio);
  /** Where a sampled record was appended, by its stream, shard and sequence number. */
  const appends = new Map<string, SpanContext>();
  let commit = { startMs: 0, endMs: 0 };

  /** Within the span of an append: notes the commit that wrote its records, and their positions. */
  const linked = (eventLog: EventLog): EventLog => ({
    ...{ stream: eventLog.stream, epoch: eventLog.epoch, hashPosition: (key) => eventLog.hashPosition(key) },
    async append(entries) {
      const results = await eventLog.append(entries);
      const span = tracer.current;
      // Nothing ran between the end of the commit and this line, so the last commit is the right one.
      if (span !== undefined && commit.startMs >= span.startMs) {
        Object.assign(tracer.begin('group commit', span, span.trace), commit);
      }
      for (const result of span?.trace.sampled === true ? results : []) {
        if (span === undefined || result.status !== 'appended') continue;
        appends.set(`${eventLog.stream}/${result.shardId}:${result.sequenceNumber}`, span);
        if (appends.size > unsettledMax) appends.delete(appends.keys().next().value ?? '');
      }
      return results;
    },
  });

  const settleBatch = <R>(
    name: 'project-ads' | 'aggregate-increments',
    { Records: records }: KinesisStreamEvent,
    work: () => Promise<R>,
  ): Promise<R> =>
    tracer.root('settle batch', { sampled: false }, work, (answer, root) => {
      const settled = settledCount(answer as KinesisStreamBatchResponse, records);
      const stream = name === 'project-ads' ? 'ad-events' : 'increments';
      const places = records.slice(0, settled).map(({ eventID }) => `${stream}/${eventID}`);
      const spans = places.map((place) => appends.get(place)).filter((span) => span !== undefined);
      for (const place of places) appends.delete(place);
      root.links = [...new Set(spans)];
      return { function: name, records: records.length, settled, failed: settled < records.length };
    });

  return {
    /** From now on the share is what `share` returns; undefined: what tracing was started with. */
    follow(share: () => number | undefined): void {
      shareNow = share;
    },

    ports: (ports: Ports): Ports => ({
      ...ports,
      adEvents: traced.eventLog(linked(ports.adEvents), tracer),
      increments: traced.eventLog(linked(ports.increments), tracer),
      state: traced.stateStore(ports.state, tracer),
      schedule: traced.schedule(ports.schedule, tracer),
      quarantine: traced.quarantine(ports.quarantine, tracer),
    }),

    call: ((name, work) => {
      if (name === 'project-ads' || name === 'aggregate-increments') {
        return (...args) => settleBatch(name, args[0] as KinesisStreamEvent, () => work(...args));
      }
      // Timers call these, sometimes in the context of the request that set them.
      if (
        name === 'expire-ad' ||
        name === 'sweep-ads' ||
        name === 'audit-counters' ||
        name === 'run-canary'
      ) {
        return (...args) => tracer.root(`call ${name}`, { sampled: isSampled() }, () => work(...args));
      }
      return (...args) => {
        noteRoute(tracer.current, args[0]);
        return tracer.around(`call ${name}`, () => work(...args));
      };
    }) satisfies AroundCalls,

    server:
      (handler: HttpHandler): HttpHandler =>
      (request) => {
        const at = request.headers.findIndex(
          (text, i) => i % 2 === 0 && text.toLowerCase() === 'traceparent',
        );
        const parent = parseTraceparent(request.headers[at + 1]);
        return tracer.root(
          'request',
          { sampled: parent?.sampled ?? isSampled(), parent },
          () => handler(request),
          ({ statusCode }) => ({
            status: statusCode,
            failed: statusCode >= 500,
            request_id: request.requestId,
          }),
        );
      },

    commitStep: async (work: () => Promise<boolean>): Promise<boolean> => {
      const startMs = tracer.now();
      try {
        return await work();
      } finally {
        commit = { startMs, endMs: tracer.now() };
      }
    },

    /** Exports what is held and closes the file. */
    stop: async (): Promise<void> => {
      await periodic.stop();
      recorder.flush();
      log.info('tracing stops', recorder.counts);
      await Promise.all(exporters.map((exporter) => exporter.stop()));
    },
  };
}

/** The route describes a request as its address would, without keys. */
function noteRoute(request: ActiveSpan | undefined, event: unknown): void {
  const { httpMethod: method, resource } = (event ?? {}) as { httpMethod?: string; resource?: string };
  if (request === undefined || method === undefined || resource === undefined) return;
  request.attributes = { ...request.attributes, route: `${method} ${resource}` };
}

/** How many records are settled, from the front: the answer names the first one that is not. */
function settledCount(answer: KinesisStreamBatchResponse, records: readonly KinesisStreamRecord[]): number {
  const first = answer.batchItemFailures[0]?.itemIdentifier;
  const at = records.findIndex(({ kinesis }) => kinesis.sequenceNumber === first);
  return first === undefined ? records.length : Math.max(0, at);
}
