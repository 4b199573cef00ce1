import { parseJson } from '../ad-row.ts';

/** A snapshot's table of contents. */
export interface SnapshotManifest {
  readonly version: number;
  /** The high-water marks of ad-events at that version, as the head item has them. */
  readonly marks: Readonly<Record<string, string>>;
  /** The hash of each chunk, in order. */
  readonly chunks: readonly string[];
  /** The hash of the canonical state. */
  readonly checksum: string;
  readonly adCount: number;
  /** Bytes of the canonical state. */
  readonly bytes: number;
  /** The chunks are blobs; otherwise they are items of the state store. */
  readonly blobs: boolean;
}

export function manifestToJson(manifest: SnapshotManifest): string {
  const { blobs, ...rest } = manifest;
  // A release that knows no blobs takes version 2 for unreadable, and uses an older snapshot or the changes.
  return JSON.stringify({ v: blobs ? 2 : 1, ...rest });
}

/** undefined: the text is not a manifest. */
export function manifestFromJson(text: string): SnapshotManifest | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { v, version, marks, chunks, checksum, adCount, bytes } = value as Record<string, unknown>;
  if ((v !== 1 && v !== 2) || !isCount(version) || !isCount(adCount) || !isCount(bytes)) return undefined;
  if (typeof checksum !== 'string' || !isTextList(chunks)) return undefined;
  if (typeof marks !== 'object' || marks === null || !isTextList(Object.values(marks))) return undefined;
  const blobs = v === 2;
  return { version, marks: marks as Record<string, string>, chunks, checksum, adCount, bytes, blobs };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
