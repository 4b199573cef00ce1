import type { Telemetry } from '../../ports/telemetry.ts';
import { createConsoleLog, type ConsoleLogOptions } from './console-log.ts';

const nothing = (): void => undefined;

/** Lines alone: metrics are for who asks for them (metered-telemetry.ts). */
export function createConsoleTelemetry(options: ConsoleLogOptions = {}): Telemetry {
  return { ...createConsoleLog(options), count: nothing, observe: nothing };
}
