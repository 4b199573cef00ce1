import { describe, expect, it } from '@jest/globals';
import { snapshotTools as tools } from '../../../../lib/app/ads/snapshot-tools.ts';
import { AdState } from '../../../../lib/core/ads/ad-state.ts';
import { canonicalState } from '../../../../lib/core/ads/snapshot/canonical-state.ts';
import {
  chunkBytesMax,
  createSnapshotDecoder,
  encodeSnapshot,
  snapshotChunksMax,
  type DecodedSnapshot,
  type SnapshotChunk,
  type SnapshotTools,
} from '../../../../lib/core/ads/snapshot/snapshot-codec.ts';
import { SnapshotAds } from '../../../../lib/core/ads/snapshot/snapshot-ads.ts';
import type { SnapshotManifest } from '../../../../lib/core/ads/snapshot/snapshot-manifest.ts';
import { AssertionError } from '../../../../lib/core/assert.ts';
import { adId, buildAd, randomAd } from '../../../support/ad-builder.ts';
import { Prng } from '../../../support/prng.ts';

function randomState(count: number, contentLength = 100): AdState {
  const prng = new Prng(count);
  const ads = Array.from({ length: count }, (_, n) => ({
    ...randomAd(prng, n),
    content: Array.from({ length: contentLength / 8 }, () => prng.uint32().toString(16).padStart(8)).join(''),
  }));
  return AdState.from(ads.toReversed(), count + 5);
}

function encode(state: AdState): { chunks: SnapshotChunk[]; manifest: SnapshotManifest } {
  const chunks: SnapshotChunk[] = [];
  const encoding = encodeSnapshot(state, { 'hw|1|shard|': '0011@1' }, tools);
  for (;;) {
    const next = encoding.next();
    if (next.done !== true) chunks.push(next.value);
    else if (next.value === undefined) throw new Error('too large');
    else return { chunks, manifest: next.value };
  }
}

function decode(manifest: SnapshotManifest, chunks: readonly (Uint8Array | undefined)[]): DecodedSnapshot {
  const decoder = createSnapshotDecoder(manifest, tools, new SnapshotAds());
  for (const chunk of chunks) decoder.add(chunk);
  return decoder.finish();
}

const bytesOf = (chunks: readonly SnapshotChunk[]): Uint8Array[] => chunks.map(({ bytes }) => bytes);

describe('a snapshot', () => {
  it.each([0, 1, 100, 9000])('of %d ads is the state, byte for byte', (count) => {
    const state = randomState(count);
    const { chunks, manifest } = encode(state);
    const rows = new SnapshotAds();
    const decoder = createSnapshotDecoder(manifest, tools, rows);
    for (const { bytes } of chunks) decoder.add(bytes);
    expect(decoder.finish()).toStrictEqual({ status: 'ok' });
    expect(canonicalState(AdState.from(rows.ads, manifest.version))).toBe(canonicalState(state));
  });

  it('says in its manifest what it holds, with the hash of the canonical state', () => {
    const state = randomState(200);
    const { manifest } = encode(state);
    const canonical = new TextEncoder().encode(canonicalState(state));
    expect(manifest).toMatchObject({ version: 205, adCount: 200, bytes: canonical.length });
    expect(manifest.checksum).toBe(tools.hash(canonical));
  });

  it('does not depend on the order in which the ads came', () => {
    const state = randomState(300);
    const shuffled = AdState.from([...state.ads.values()].toReversed(), state.version);
    expect(encode(shuffled)).toStrictEqual(encode(state));
  });

  it('keeps each chunk small, also when nothing can be compressed', () => {
    const { chunks, manifest } = encode(randomState(300, 9600));
    expect(chunks.length).toBeGreaterThan(3);
    for (const { bytes } of chunks) expect(bytes.length).toBeLessThanOrEqual(chunkBytesMax);
    expect(decode(manifest, bytesOf(chunks)).status).toBe('ok');
  });

  it('shares no chunk with a snapshot of another version', () => {
    const ads = [...randomState(50).ads.values()];
    const hashes = [7, 8].flatMap((version) => encode(AdState.from(ads, version)).manifest.chunks);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('is corrupt when any byte of a chunk is another', () => {
    const { chunks, manifest } = encode(randomState(20));
    const [bytes] = bytesOf(chunks);
    for (let index = 0; index < bytes!.length; index += 7) {
      const forged = Uint8Array.from(bytes!);
      forged[index]! ^= 0x10;
      expect(decode(manifest, [forged])).toStrictEqual({
        status: 'corrupt',
        reason: 'a chunk has another hash',
      });
    }
  });

  it('is corrupt when a chunk is missing, there twice or out of its place', () => {
    const { chunks, manifest } = encode(randomState(300, 9600));
    const all = bytesOf(chunks);
    expect(decode(manifest, all.slice(1)).status).toBe('corrupt');
    expect(decode(manifest, all.slice(0, -1)).status).toBe('corrupt');
    expect(decode(manifest, [...all, all[0]]).status).toBe('corrupt');
    expect(decode(manifest, all.with(0, undefined as never)).status).toBe('corrupt');
    const swapped = { ...manifest, chunks: manifest.chunks.toReversed() };
    expect(decode(swapped, all.toReversed())).toMatchObject({ reason: 'a chunk cannot be unpacked' });
  });

  it('is corrupt when its manifest has another version, count or checksum', () => {
    const { chunks, manifest } = encode(randomState(20));
    const all = bytesOf(chunks);
    expect(decode({ ...manifest, version: 1 }, all).status).toBe('corrupt');
    expect(decode({ ...manifest, adCount: 19 }, all)).toMatchObject({ reason: 'the number of ads differs' });
    expect(decode({ ...manifest, checksum: '00' }, all)).toMatchObject({ reason: 'the checksum differs' });
  });

  it('is corrupt, and nothing worse, when a chunk with the right hash was packed by someone else', () => {
    const forged = new Uint8Array([1, 2, 3]);
    const { manifest } = encode(AdState.from([buildAd({ id: adId(1) })], 1));
    const chunks = [tools.hash(forged)];
    expect(decode({ ...manifest, chunks }, [forged])).toMatchObject({ reason: 'a chunk cannot be unpacked' });
  });

  it.each([
    ['a row that is no ad', '[1,0]\n{}\n', 'a row is not an ad'],
    ['a row without an end', '[1,0]\n[', 'a row is not an ad'],
    ['less than its opening', '[1,', 'a chunk cannot be unpacked'],
    ['the opening of another version', '[2,0]\n', 'a chunk cannot be unpacked'],
    ['the opening of another place', '[1,1]\n', 'a chunk cannot be unpacked'],
    ['no row', '[1,0]\n', 'the number of ads differs'],
  ])('is corrupt when a chunk with the right hash holds %s', (_what, text, reason) => {
    const { manifest } = encode(AdState.from([buildAd({ id: adId(1) })], 1));
    const forged = tools.compress(new TextEncoder().encode(text));
    expect(decode({ ...manifest, chunks: [tools.hash(forged)] }, [forged])).toStrictEqual({
      status: 'corrupt',
      reason,
    });
  });

  it('says at once that it is of no use, and keeps to its first reason', () => {
    const { chunks, manifest } = encode(randomState(300, 9600));
    const [first, second] = bytesOf(chunks);
    const decoder = createSnapshotDecoder(manifest, tools, new SnapshotAds());
    expect([first, undefined, second].map((bytes) => decoder.add(bytes))).toEqual([true, false, false]);
    expect(decoder.finish()).toStrictEqual({ status: 'corrupt', reason: 'a chunk is missing' });
  });
});

describe('the chunks of a snapshot', () => {
  const full = new Uint8Array(chunkBytesMax);
  const tooLarge = new Uint8Array(chunkBytesMax + 1);
  /** What holds more than one ad is too large, and one ad is as large as a chunk may be. */
  const oneAdEach: SnapshotTools = {
    ...tools,
    compress: (bytes) => (lineCount(bytes) > 2 ? tooLarge : full),
    hash: () => 'hash',
  };
  const state = (count: number): AdState =>
    AdState.from(
      Array.from({ length: count }, (_, n) => buildAd({ id: adId(n) })),
      1,
    );
  const count = (ads: number): number | undefined => {
    const encoding = encodeSnapshot(state(ads), {}, oneAdEach);
    for (let chunks = 0; ; chunks++) {
      const next = encoding.next();
      if (next.done === true) return next.value === undefined ? undefined : chunks;
    }
  };

  it('may be as large as an item, and are halved when they are larger', () => {
    expect([0, 1, 2, 3, 7].map(count)).toEqual([0, 1, 2, 3, 7]);
  });

  it('are as many as the manifest can name, or there is no snapshot', () => {
    expect(count(snapshotChunksMax)).toBe(snapshotChunksMax);
    expect(count(snapshotChunksMax + 1)).toBeUndefined();
  });

  it('cannot hold an ad that is larger than a chunk', () => {
    const bloated = { ...tools, compress: () => tooLarge };
    expect(() => encodeSnapshot(state(1), {}, bloated).next()).toThrow(AssertionError);
  });
});

function lineCount(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines += 1;
  return lines;
}
