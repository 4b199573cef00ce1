import { metricDimensions, metricNamespace } from '../../aws-names.ts';
import type { Clock } from '../../ports/clock.ts';
import { metrics, type LogFields, type Metric, type Telemetry } from '../../ports/telemetry.ts';
import { jsonLine } from '../system/log-line.ts';
import { invocationFields, invocationTrace } from './lambda-invocation.ts';

export interface LambdaTelemetryOptions {
  readonly stage: string;
  readonly functionName: string;
  /**
   * The published version that runs: the metrics by which a release is judged have it as one more dimension. Default
   * `$LATEST`, where nothing is released gradually.
   */
  readonly version?: string | undefined;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Writes a line without its line break; default: to standard output, which Lambda reads. */
  readonly write?: (line: string) => void;
}

/** What all functions are parts of. */
const service = 'adtally';

/**
 * Writes log lines as JSON with the names that Powertools for AWS Lambda gives its fields (docs/decisions/0012),
 * so that saved queries work; Lambda's filter by level needs `level` and `timestamp`. Writes metrics in CloudWatch's embedded metric format, which needs no call. Metrics
 * of one turn of the event loop share a line. It is written before the answer, because Lambda freezes the
 * process afterwards.
 */
export function createLambdaTelemetry(options: LambdaTelemetryOptions): Telemetry {
  const { clock, functionName, write = writeToStandardOutput } = options;
  const lines = new MetricLines(options, write);
  const log = (level: string, message: string, fields: LogFields = {}): void => {
    const timestamp = new Date(clock.nowMs()).toISOString();
    const standard = { service, function_name: functionName, ...invocationFields(), ...xrayField() };
    write(jsonLine(timestamp, level, message, { ...fields, ...standard }));
  };
  return {
    info: (message, fields) => {
      log('INFO', message, fields);
    },
    warn: (message, fields) => {
      log('WARN', message, fields);
    },
    error: (message, fields) => {
      log('ERROR', message, fields);
    },
    count: (metric, by = 1) => {
      lines.count(metric, by);
    },
    observe: (metric, value) => {
      lines.observe(metric, value);
    },
  };
}

/** What Lambda calls the code that was uploaded last. */
const unpublished = '$LATEST';

const releaseMetrics: ReadonlySet<Metric> = new Set([
  metrics.requests,
  metrics.requestErrors,
  metrics.catalogStaleServed,
  metrics.tokensRefused,
]);

/** The most values of a metric in one line of the embedded metric format. */
const valuesMax = 100;

class MetricLines {
  readonly #options: LambdaTelemetryOptions;
  readonly #write: (line: string) => void;
  readonly #counts = new Map<Metric, number>();
  readonly #values = new Map<Metric, number[]>();
  #flushing = false;

  constructor(options: LambdaTelemetryOptions, write: (line: string) => void) {
    this.#options = options;
    this.#write = write;
  }

  count(metric: Metric, by: number): void {
    this.#counts.set(metric, (this.#counts.get(metric) ?? 0) + by);
    this.#flushSoon();
  }

  observe(metric: Metric, value: number): void {
    const values = this.#values.get(metric) ?? [];
    values.push(value);
    this.#values.set(metric, values);
    if (values.length >= valuesMax) this.#flush();
    else this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#counts.size + this.#values.size === 0) return;
    const { stage, functionName, version = unpublished, clock } = this.#options;
    const found: [Metric, { unit: string; value: number | readonly number[] }][] = [];
    for (const [metric, value] of this.#counts) found.push([metric, { unit: 'Count', value }]);
    for (const [metric, value] of this.#values) found.push([metric, { unit: unitOf(metric), value }]);
    const judged = version === unpublished ? [] : ofVersion([...this.#counts.keys()]);
    this.#counts.clear();
    this.#values.clear();
    this.#write(
      JSON.stringify({
        _aws: {
          Timestamp: clock.nowMs(),
          CloudWatchMetrics: [
            {
              Namespace: metricNamespace,
              Dimensions: [[metricDimensions.stage, metricDimensions.functionName]],
              Metrics: found.map(([metric, { unit }]) => ({ Name: metric, Unit: unit })),
            },
            ...judged,
          ],
        },
        [metricDimensions.stage]: stage,
        [metricDimensions.functionName]: functionName,
        ...(judged.length === 0 ? {} : { [metricDimensions.version]: version }),
        ...Object.fromEntries(found.map(([metric, { value }]) => [metric, value])),
      }),
    );
  }
}

/** Those of the counts that the alarms of a release read (lib/infra/releases.ts), by version. */
function ofVersion(counted: readonly Metric[]): object[] {
  const names = counted.filter((metric) => releaseMetrics.has(metric));
  if (names.length === 0) return [];
  return [
    {
      Namespace: metricNamespace,
      Dimensions: [[metricDimensions.stage, metricDimensions.functionName, metricDimensions.version]],
      Metrics: names.map((Name) => ({ Name, Unit: 'Count' })),
    },
  ];
}

function unitOf(metric: Metric): string {
  if (metric.endsWith('_ms')) return 'Milliseconds';
  return metric.endsWith('_bytes') ? 'Bytes' : 'None';
}

function xrayField(): LogFields {
  const root = /(?:^|;)Root=([0-9a-f-]+)/.exec(invocationTrace() ?? '')?.[1];
  return root === undefined ? {} : { xray_trace_id: root };
}

/** Not console.log: Lambda patches it and prefixes each line, which hides the metrics. */
function writeToStandardOutput(line: string): void {
  process.stdout.write(`${line}\n`);
}
