import type { Telemetry } from '../../ports/telemetry.ts';
import { createConsoleLog, type ConsoleLogOptions } from './console-log.ts';

const nothing = (): void => undefined;

/** Writes log lines and drops metrics (metered-telemetry.ts keeps them). */
export function createConsoleTelemetry(options: ConsoleLogOptions = {}): Telemetry {
  return { ...createConsoleLog(options), count: nothing, observe: nothing };
}
