import { AssertionError } from '../core/assert.ts';
import { isPortError } from './port-error.ts';
import type { LogFields } from './telemetry.ts';

/** Frames of a stack that a log line shows. */
const framesMax = 20;

/**
 * What a log line may say of an error. Messages of our own are fixed sentences; those of others quote what they choked
 * on (`JSON.parse` a piece of its text, a schema the names of unknown fields), which is user data, so a line
 * names only their class and their stack.
 */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const reason = isPortError(error) || error instanceof AssertionError ? error.message : undefined;
  return { error: error.name, code, reason, stack: frames(error) };
}

/** The stack without its head, which repeats the message, as the message may have lines that look like frames. */
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
