import { parseJson } from '../ad-row.ts';

/** Distinct texts that are kept for sharing; later ones are not shared. */
export const sharedTextsMax = 4096;

interface Shared {
  /** As JSON, in UTF-8. */
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * Decodes texts that many rows have in common, such as campaigns: equal ones become one string, and are decoded
 * once.
 */
export class SharedTexts {
  /** By a hash of the bytes; of two texts with one hash, the first is shared. */
  readonly #shared = new Map<number, Shared>();

  /** `start`..`end` - 1: a text as JSON, with its quotes. */
  read(bytes: Uint8Array, start: number, end: number): string {
    const hash = hashOf(bytes, start, end);
    const shared = this.#shared.get(hash);
    if (shared !== undefined && isEqual(shared.bytes, bytes, start, end)) return shared.text;
    const own = bytes.slice(start, end);
    const text = parseJson(decoder.decode(own)) as string;
    if (shared === undefined && this.#shared.size < sharedTextsMax)
      this.#shared.set(hash, { bytes: own, text });
    return text;
  }
}

const decoder = new TextDecoder();

function isEqual(own: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (own.length !== end - start) return false;
  for (let i = 0; i < own.length; i++) if (own[i] !== bytes[start + i]) return false;
  return true;
}

/** FNV-1a, 32 bits. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash;
}
