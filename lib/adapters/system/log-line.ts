import type { LogFields } from '../../ports/telemetry.ts';

/**
 * A log line as one JSON object. What its fields say can neither replace the first words nor end the line, nor move a
 * terminal's cursor: besides line feeds, which JSON escapes, there are characters that some readers take for them.
 */
export function jsonLine(time: string, level: string, message: string, fields: LogFields = {}): string {
  return escapeControls(JSON.stringify({ ...fields, time, level, message }));
}

/** DEL, the C1 controls (NEL and CSI among them) and Unicode's own line separators, as JSON writes them. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
