import type { Clock } from '../../ports/clock.ts';
import type { LogFields, Telemetry } from '../../ports/telemetry.ts';
import { MetricRegistry, type MetricSnapshot } from './metric-registry.ts';
import { systemClock } from './system-clock.ts';

const levels = ['info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof levels)[number];

export interface ConsoleTelemetryOptions {
  /** Default: 'text' on a terminal, 'json' (one object a line) elsewhere. */
  readonly format?: 'text' | 'json';
  /** The lowest level written; default 'info'. */
  readonly level?: LogLevel;
  /** Takes a line without its line break; default standard output. */
  readonly write?: (line: string) => void;
  /** Default the system's. */
  readonly clock?: Pick<Clock, 'nowMs'>;
}

export interface ConsoleTelemetry extends Telemetry {
  /** The metrics since the start. */
  snapshot(): MetricSnapshot;
}

export function createConsoleTelemetry(options: ConsoleTelemetryOptions = {}): ConsoleTelemetry {
  const { level = 'info', clock = systemClock } = options;
  const format = options.format ?? (process.stdout.isTTY ? 'text' : 'json');
  const write = options.write ?? writeToStandardOutput;
  const toLine = format === 'text' ? textLine : jsonLine;
  const registry = new MetricRegistry();
  const logger = (lineLevel: LogLevel) => (message: string, fields?: LogFields) => {
    if (levels.indexOf(lineLevel) < levels.indexOf(level)) return;
    write(toLine(new Date(clock.nowMs()).toISOString(), lineLevel, message, fields));
  };
  return {
    info: logger('info'),
    warn: logger('warn'),
    error: logger('error'),
    count(metric, by = 1) {
      registry.count(metric, by);
    },
    observe(metric, value) {
      registry.observe(metric, value);
    },
    snapshot: () => registry.snapshot(),
  };
}

function writeToStandardOutput(line: string): void {
  process.stdout.write(`${line}\n`);
}

function textLine(time: string, level: LogLevel, message: string, fields: LogFields = {}): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? quoted(value) : String(value)}`);
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${message}${pairs.join('')}`;
}

/** Bare where it reads well; quoted, and so free of line breaks, everywhere else. */
function quoted(text: string): string {
  return /^[\w.:/@-]+$/.test(text) ? text : JSON.stringify(text);
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields = {}): string {
  return JSON.stringify({ ...fields, time, level, message });
}
