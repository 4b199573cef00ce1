import type { Attributes } from '../../../lib/ports/state-store.ts';
import type { AppliedWrite } from './auditor.ts';
import { seeHead } from './ad-head.ts';
import { keptSides, sideOf, type SidePrefix } from './ad-sides.ts';
import { demand } from './demand.ts';

interface Manifest {
  /** 2: the chunks are blobs, which nothing here watches; at rest they are loaded. */
  readonly v: number;
  readonly version: number;
  readonly chunks: readonly string[];
}

/** So many complete snapshots are kept whole, whatever happens. */
const snapshotsKept = 2;

/** Watches snapshots of one projection come and go: what the head or the last two manifests point to is there, whole (G5). */
export class SnapshotWatch {
  readonly #chunks = new Set<string>();
  readonly #complete = new Map<number, Manifest>();
  readonly #side: SidePrefix;
  #kept: boolean;

  constructor(side: SidePrefix) {
    this.#side = side;
    this.#kept = side === '';
  }

  wrote(write: AppliedWrite): void {
    const moved = write.changes.find(({ key }) => key.pk === 'head');
    if (moved !== undefined) this.#kept = keptSides(moved.after).includes(this.#side);
    // One that is dropped may lose anything.
    if (!this.#kept) this.#complete.clear();
    for (const { key, after } of write.changes) {
      const { prefix, name } = sideOf(key.pk);
      if (prefix !== this.#side) continue;
      if (name.startsWith('chunk#')) {
        const hash = name.slice('chunk#'.length);
        if (after === undefined) this.#chunks.delete(hash);
        else this.#chunks.add(hash);
      }
      if (name === 'snapshots') {
        if (after?.state === 'complete') this.#note(Number(key.sk), after.manifest);
        else this.#drop(Number(key.sk), write);
      }
    }
    if (this.#kept) this.#check(write);
  }

  #pointer(head: Attributes | undefined): number {
    const { snapshotVersion, secondSnapshotVersion } = seeHead(head);
    return this.#side === '' ? snapshotVersion : secondSnapshotVersion;
  }

  /** Versions with a complete snapshot, newest first. */
  get versions(): readonly number[] {
    return [...this.#complete.keys()].sort((a, b) => b - a);
  }

  #note(version: number, text: unknown): void {
    const manifest = JSON.parse(String(text)) as Manifest;
    demand(manifest.version === version, 'G5', 'a manifest of another version', () => ({ version }));
    this.#complete.set(version, manifest);
  }

  /** An operator may break what it likes; the pipeline keeps the newest two. */
  #drop(version: number, { containerId }: AppliedWrite): void {
    const isKept = this.versions.slice(0, snapshotsKept).includes(version);
    demand(containerId === undefined || !isKept, 'G5', 'a snapshot that is to be kept is removed', () => ({
      version,
      complete: this.versions,
    }));
    this.#complete.delete(version);
  }

  #check({ changes, containerId }: AppliedWrite): void {
    if (containerId === undefined) return;
    const touched = changes.some(({ key }) => /^(?:p2\.)?(?:chunk#|snapshots$|head$)/.test(key.pk));
    if (!touched) return;
    const head = changes.find(({ key }) => key.pk === 'head');
    if (head !== undefined) {
      const snapshotVersion = this.#pointer(head.after);
      const newest = this.versions[0] ?? 0;
      demand(snapshotVersion === newest, 'G5', 'the head points to another snapshot than the newest', () => ({
        snapshotVersion,
        complete: this.versions,
      }));
      const before = keptSides(head.before).includes(this.#side) ? this.#pointer(head.before) : 0;
      demand(before <= snapshotVersion, 'G5', 'the snapshot pointer goes back', () => ({
        before,
        snapshotVersion,
      }));
    }
    for (const version of this.versions.slice(0, snapshotsKept)) {
      const { v, chunks } = this.#complete.get(version) ?? { v: 1, chunks: [] };
      const missing = v === 2 ? [] : chunks.filter((hash) => !this.#chunks.has(hash));
      demand(missing.length === 0, 'G5', 'a snapshot that is to be kept lacks chunks', () => ({
        version,
        missing,
      }));
    }
  }
}
