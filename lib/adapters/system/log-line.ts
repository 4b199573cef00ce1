import type { LogFields } from '../../ports/telemetry.ts';

/**
 * A log line as one JSON object. Its fields can neither replace the standard members, nor end the line, nor
 * move a terminal's cursor: some readers treat more characters as line breaks than JSON escapes.
 */
export function jsonLine(timestamp: string, level: string, message: string, fields: LogFields = {}): string {
  return escapeControls(JSON.stringify({ ...fields, timestamp, level, message }));
}

/** Escapes DEL, the C1 controls (such as NEL and CSI) and Unicode's line separators as JSON does. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
