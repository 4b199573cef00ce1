import { assert } from '../../assert.ts';
import { adToRow } from '../ad-row.ts';
import type { AdState } from '../ad-state.ts';
import type { Ad } from '../ad.ts';
import { adsById, canonicalHeader } from './canonical-state.ts';
import type { SnapshotManifest } from './snapshot-manifest.ts';

/** Functions that core needs and cannot contain. All are pure functions of their bytes. */
export interface SnapshotTools {
  compress(bytes: Uint8Array): Uint8Array;
  /** undefined: `compress` did not make these bytes, or the result would be larger than any chunk. */
  decompress(bytes: Uint8Array): Uint8Array | undefined;
  /** A strong hash, hex. */
  hash(bytes: Uint8Array): string;
  /** The same hash, of bytes that arrive in pieces. */
  createChecksum(): { update(bytes: Uint8Array): void; digest(): string };
}

/** `bytes` are compressed; `hash` is theirs. */
export interface SnapshotChunk {
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/** An item of the state store holds 400,000 bytes, names and keys included. */
export const chunkBytesMax = 350_000;

/**
 * The hashes of this many chunks (1.7 GB compressed) fit the manifest's item. A larger state is not written.
 */
export const snapshotChunksMax = 5000;

/** Characters of rows in one chunk before compression, which leaves a third of it. */
export const chunkCharactersDefault = 1_000_000;

/** How large chunks may be. */
export interface ChunkLimits {
  /** Of rows, before compression; a chunk holds at most so many, or one row. Default `chunkCharactersDefault`. */
  readonly charactersMax?: number | undefined;
  /** Compressed; default `chunkBytesMax`. */
  readonly bytesMax?: number;
}

/**
 * Cuts the live ads, by id, into chunks and ends with the manifest. The header and then the rows of all
 * chunks are the canonical state. Each chunk opens with its version and number, so no two snapshots share
 * one, and the chunks of an old snapshot can be deleted without checking others. Returns undefined if the
 * state needs more chunks than a snapshot may have.
 */
export function* encodeSnapshot(
  state: AdState,
  marks: Readonly<Record<string, string>>,
  tools: SnapshotTools,
  { charactersMax = chunkCharactersDefault, bytesMax = chunkBytesMax }: ChunkLimits = {},
): Generator<SnapshotChunk, SnapshotManifest | undefined> {
  const chunks: string[] = [];
  const checksum = tools.createChecksum();
  const header = toBytes(canonicalHeader(state.version, state.size));
  checksum.update(header);
  let bytes = header.length;
  // The halves of a chunk that was too large wait here, the first one last.
  const waiting: Row[][] = [];
  const groups = rowGroups(adsById(state), charactersMax);
  for (;;) {
    const group = waiting.pop() ?? groups.next().value;
    if (group === undefined) break;
    const rows = toBytes(group.join(''));
    const packed = tools.compress(toBytes(chunkOpening(state.version, chunks.length), rows));
    if (packed.length > bytesMax) {
      assert(group.length > 1, 'an ad is larger than a chunk');
      const middle = group.length >> 1;
      waiting.push(group.slice(middle), group.slice(0, middle));
      continue;
    }
    if (chunks.length >= snapshotChunksMax) return undefined;
    checksum.update(rows);
    bytes += rows.length;
    const hash = tools.hash(packed);
    chunks.push(hash);
    yield { hash, bytes: packed };
  }
  const { version, size: adCount } = state;
  return { version, marks, chunks, checksum: checksum.digest(), adCount, bytes, blobs: false };
}

/** Collects the rows of a snapshot. Do not use them before the whole snapshot is verified. */
export interface SnapshotRows {
  /** Rows read. */
  readonly size: number;
  /**
   * Adds the next rows, by id, a line each; they are kept and must not change. false: one of them is not an
   * ad.
   */
  add(lines: Uint8Array): boolean;
}

export type DecodedSnapshot =
  { readonly status: 'ok' } | { readonly status: 'corrupt'; readonly reason: string };

export interface SnapshotDecoder {
  /**
   * Adds the manifest's next chunk, as the store has it. false: the snapshot is unusable; do not read further
   * chunks.
   */
  add(bytes: Uint8Array | undefined): boolean;
  finish(): DecodedSnapshot;
}

/**
 * Reads the chunks of a snapshot into `into`, in the manifest's order. A hash proves every byte. Unless it
 * ends without a reason, do not use what is in `into`.
 */
export function createSnapshotDecoder(
  manifest: SnapshotManifest,
  tools: SnapshotTools,
  into: SnapshotRows,
): SnapshotDecoder {
  const checksum = tools.createChecksum();
  checksum.update(toBytes(canonicalHeader(manifest.version, manifest.adCount)));
  let chunkCount = 0;
  let reason: string | undefined;
  const addChunk = (bytes: Uint8Array | undefined): string | undefined => {
    const hash = manifest.chunks[chunkCount];
    if (bytes === undefined || hash === undefined) return 'a chunk is missing';
    if (tools.hash(bytes) !== hash) return 'a chunk has another hash';
    const unpacked = tools.decompress(bytes);
    const opening = toBytes(chunkOpening(manifest.version, chunkCount));
    if (unpacked === undefined || !startsWith(unpacked, opening)) return 'a chunk cannot be unpacked';
    const rows = unpacked.subarray(opening.length);
    checksum.update(rows);
    chunkCount += 1;
    return into.add(rows) ? undefined : 'a row is not an ad';
  };
  return {
    add: (bytes) => {
      reason ??= addChunk(bytes);
      return reason === undefined;
    },
    finish: () => {
      if (reason === undefined && chunkCount !== manifest.chunks.length) reason = 'a chunk is missing';
      if (reason === undefined && into.size !== manifest.adCount) reason = 'the number of ads differs';
      if (reason === undefined && checksum.digest() !== manifest.checksum) reason = 'the checksum differs';
      return reason === undefined ? { status: 'ok' } : { status: 'corrupt', reason };
    },
  };
}

/** The JSON of one ad and a line end. */
type Row = string;

function* rowGroups(ads: readonly Ad[], charactersMax: number): Generator<Row[], undefined> {
  let group: Row[] = [];
  let characters = 0;
  for (const ad of ads) {
    const row = `${adToRow(ad)}\n`;
    if (characters + row.length > charactersMax && group.length > 0) {
      yield group;
      group = [];
      characters = 0;
    }
    group.push(row);
    characters += row.length;
  }
  if (group.length > 0) yield group;
  return undefined;
}

function chunkOpening(version: number, index: number): string {
  return `[${version},${index}]\n`;
}

const encoder = new TextEncoder();

function toBytes(text: string, more?: Uint8Array): Uint8Array {
  const bytes = encoder.encode(text);
  if (more === undefined) return bytes;
  const joined = new Uint8Array(bytes.length + more.length);
  joined.set(bytes);
  joined.set(more, bytes.length);
  return joined;
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length >= prefix.length && prefix.every((byte, index) => bytes[index] === byte);
}
