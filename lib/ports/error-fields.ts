import { AssertionError } from '../core/assert.ts';
import { isPortError } from './port-error.ts';
import type { LogFields } from './telemetry.ts';

/** Frames of a stack that a log line shows. */
const framesMax = 20;

/**
 * The fields of an error that a log line may have. Our own messages are fixed sentences. Messages of other
 * code quote their input, which is user data (`JSON.parse` a piece of its text, a schema the names of unknown
 * fields), so only the name and the position of such errors are logged.
 */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const reason = isPortError(error) || error instanceof AssertionError ? error.message : undefined;
  return { error: error.name, code, reason, stack: frames(error) };
}

/**
 * The stack without its head, which repeats the message, as the message may have lines that look like frames.
 */
function frames({ stack, message }: Error): string | undefined {
  const at = stack?.indexOf(message) ?? -1;
  if (stack === undefined || at < 0) return undefined;
  return stack
    .slice(at + message.length)
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, framesMax)
    .map((line) => line.trim())
    .join('\n');
}
