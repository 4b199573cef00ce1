import type { Clock } from '../../ports/clock.ts';
import type { Log, LogFields, Telemetry } from '../../ports/telemetry.ts';
import { escapeControls, jsonLine } from './log-line.ts';
import { systemClock } from './system-clock.ts';

const levels = ['info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof levels)[number];

export interface ConsoleLogOptions {
  /** Default: 'text' on a terminal, otherwise 'json' (one object per line). */
  readonly format?: 'text' | 'json';
  /** The lowest level written; default 'info'. */
  readonly level?: LogLevel;
  /** Writes a line without its line break; default: to standard output. */
  readonly write?: (line: string) => void;
  /** Default: the system clock. */
  readonly clock?: Pick<Clock, 'nowMs'>;
}

export function createConsoleLog(options: ConsoleLogOptions = {}): Log {
  const { level = 'info', clock = systemClock } = options;
  const format = options.format ?? (process.stdout.isTTY ? 'text' : 'json');
  const write = options.write ?? writeToStandardOutput;
  const toLine = format === 'text' ? textLine : jsonLine;
  const writer = (lineLevel: LogLevel) => (message: string, fields?: LogFields) => {
    if (levels.indexOf(lineLevel) < levels.indexOf(level)) return;
    write(toLine(new Date(clock.nowMs()).toISOString(), lineLevel, message, fields));
  };
  return { info: writer('info'), warn: writer('warn'), error: writer('error') };
}

function writeToStandardOutput(line: string): void {
  process.stdout.write(`${line}\n`);
}

function textLine(time: string, level: string, message: string, fields: LogFields = {}): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? quoted(value) : String(value)}`);
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${message}${pairs.join('')}`;
}

/** Plain text if that is unambiguous, otherwise quoted, so without line breaks. */
function quoted(text: string): string {
  return /^[\w.:/@-]+$/.test(text) ? text : escapeControls(JSON.stringify(text));
}

const nothing = (): void => undefined;

/** Writes log lines only; metered-telemetry.ts adds metrics. */
export function createConsoleTelemetry(options: ConsoleLogOptions = {}): Telemetry {
  return { ...createConsoleLog(options), count: nothing, observe: nothing };
}
