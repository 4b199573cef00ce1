import {
  CatalogFollower,
  type CatalogFollowing,
  type CatalogMaking,
} from '../../lib/app/ads/catalog-follower.ts';
import { snapshotTools } from '../../lib/app/ads/snapshot-tools.ts';
import type { AdChange } from '../../lib/core/ads/ad-change.ts';
import { CatalogRows } from '../../lib/core/ads/catalog/catalog-rows.ts';
import type { Catalog } from '../../lib/core/ads/catalog/catalog.ts';
import type { SnapshotRows, SnapshotTools } from '../../lib/core/ads/snapshot/snapshot-codec.ts';

/** Versions that are kept; older ones are made again for the container that asks for them. */
const versionsKeptMax = 8;

/**
 * The catalogs of all containers of a stage: the first that gets to a version makes its catalog, and the others share
 * it, as each also shares what it unpacks and hashes. Every reader of a stage passes through the same states
 * (promise G3), so what a container reads, decides and answers stays the same; without this, 1,000 containers with
 * 1,000,000 ads would need 400 GB. The time of that work is charged by the store (`measured.ts`).
 */
export class SharedCatalogs implements CatalogMaking {
  readonly tools: SnapshotTools = createSharedTools();
  readonly #catalogs = new Map<number, Catalog>();
  readonly #counts = new ByBytes<number>();

  follow(catalog: Catalog): CatalogFollowing {
    return new SharedFollower(this, catalog);
  }

  /** The catalog of a version, which `make` makes if no container has. */
  at(version: number, make: () => Catalog): Catalog {
    const found = this.#catalogs.get(version) ?? make();
    this.#catalogs.delete(version);
    this.#catalogs.set(version, found);
    const [oldest] = this.#catalogs.keys();
    if (this.#catalogs.size > versionsKeptMax && oldest !== undefined) this.#catalogs.delete(oldest);
    return found;
  }

  /** The ads in these rows; undefined: one of them is not an ad. */
  count(lines: Uint8Array): number | undefined {
    const found = this.#counts.of(lines, () => {
      const rows = new CatalogRows();
      return rows.add(lines) ? rows.size : -1;
    });
    return found < 0 ? undefined : found;
  }
}

class SharedFollower implements CatalogFollowing {
  readonly #shared: SharedCatalogs;
  readonly #from: Catalog;
  #rows: SharedRows | undefined;
  #rowsVersion = 0;
  #changes: AdChange[] = [];
  version: number;

  constructor(shared: SharedCatalogs, from: Catalog) {
    this.#shared = shared;
    this.#from = from;
    this.version = from.version;
  }

  get reloaded(): boolean {
    return this.#rows !== undefined || this.#from.version === 0;
  }

  createRows(): SharedRows {
    return new SharedRows(this.#shared);
  }

  load(rows: SharedRows, version: number): void {
    this.#rows = rows;
    this.#rowsVersion = version;
    this.#changes = [];
    this.version = version;
  }

  apply(changes: readonly AdChange[]): void {
    this.#changes.push(...changes);
    this.version = changes.at(-1)?.version ?? this.version;
  }

  catalog(): Catalog {
    if (this.version === this.#from.version) return this.#from;
    return this.#shared.at(this.version, () => {
      const follower = new CatalogFollower(this.#from);
      if (this.#rows !== undefined) {
        const rows = follower.createRows();
        for (const lines of this.#rows.parts) rows.add(lines);
        follower.load(rows, this.#rowsVersion);
      }
      follower.apply(this.#changes);
      return follower.catalog();
    });
  }
}

/** Rows that are parsed only once the catalog is made of them. */
class SharedRows implements SnapshotRows {
  readonly parts: Uint8Array[] = [];
  readonly #shared: SharedCatalogs;
  size = 0;

  constructor(shared: SharedCatalogs) {
    this.#shared = shared;
  }

  add(lines: Uint8Array): boolean {
    const count = this.#shared.count(lines);
    if (count === undefined) return false;
    this.parts.push(lines);
    this.size += count;
    return true;
  }
}

/** Values by the identity of bytes that never change: the same place in the same buffer. */
class ByBytes<V extends string | number | object> {
  readonly #byBuffer = new WeakMap<ArrayBufferLike, Map<string, V>>();

  of(bytes: Uint8Array, make: () => V): V {
    let places = this.#byBuffer.get(bytes.buffer);
    if (places === undefined) {
      places = new Map();
      this.#byBuffer.set(bytes.buffer, places);
    }
    const place = `${bytes.byteOffset}+${bytes.byteLength}`;
    let value = places.get(place);
    if (value === undefined) {
      value = make();
      places.set(place, value);
    }
    return value;
  }
}

/** The product's own, each result remembered. */
function createSharedTools(): SnapshotTools {
  const hashes = new ByBytes<string>();
  const unpacked = new ByBytes<{ readonly bytes: Uint8Array | undefined }>();
  const start = new Hashed();
  return {
    compress: (bytes) => snapshotTools.compress(bytes),
    hash: (bytes) => hashes.of(bytes, () => snapshotTools.hash(bytes)),
    decompress: (bytes) => unpacked.of(bytes, () => ({ bytes: snapshotTools.decompress(bytes) })).bytes,
    createChecksum: () => {
      let at = start;
      return {
        update: (bytes) => {
          at = at.with(bytes);
        },
        digest: () => at.digest(),
      };
    },
  };
}

/** Shorter pieces are compared by their content. */
const shortBytes = 200;

/** What a checksum has got so far: pieces of bytes, in order. */
class Hashed {
  readonly #pieces: readonly Uint8Array[];
  readonly #next = new ByBytes<Hashed>();
  readonly #nextShort = new Map<string, Hashed>();
  #digest: string | undefined;

  constructor(pieces: readonly Uint8Array[] = []) {
    this.#pieces = pieces;
  }

  with(bytes: Uint8Array): Hashed {
    const make = (): Hashed => new Hashed([...this.#pieces, bytes]);
    if (bytes.byteLength > shortBytes) return this.#next.of(bytes, make);
    const text = Buffer.from(bytes).toString('latin1');
    const found = this.#nextShort.get(text) ?? make();
    this.#nextShort.set(text, found);
    return found;
  }

  digest(): string {
    if (this.#digest === undefined) {
      const checksum = snapshotTools.createChecksum();
      for (const piece of this.#pieces) checksum.update(piece);
      this.#digest = checksum.digest();
    }
    return this.#digest;
  }
}
