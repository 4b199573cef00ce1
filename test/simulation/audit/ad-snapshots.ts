import type { AppliedWrite } from './auditor.ts';
import { seeHead } from './ad-head.ts';
import { demand } from './demand.ts';

interface Manifest {
  readonly version: number;
  readonly chunks: readonly string[];
}

/** So many complete snapshots are kept whole, whatever happens. */
const snapshotsKept = 2;

/** Watches snapshots come and go: what the head or the last two manifests point to is there, whole (G5). */
export class SnapshotWatch {
  readonly #chunks = new Set<string>();
  readonly #complete = new Map<number, Manifest>();

  wrote(write: AppliedWrite): void {
    for (const { key, after } of write.changes) {
      if (key.pk.startsWith('chunk#')) {
        const hash = key.pk.slice('chunk#'.length);
        if (after === undefined) this.#chunks.delete(hash);
        else this.#chunks.add(hash);
      }
      if (key.pk === 'snapshots') {
        if (after?.state === 'complete') this.#note(Number(key.sk), after.manifest);
        else this.#drop(Number(key.sk), write);
      }
    }
    this.#check(write);
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
    const touched = changes.some(({ key }) => /^(?:chunk#|snapshots$|head$)/.test(key.pk));
    if (!touched) return;
    const head = changes.find(({ key }) => key.pk === 'head');
    if (head !== undefined) {
      const { snapshotVersion } = seeHead(head.after);
      const newest = this.versions[0] ?? 0;
      demand(snapshotVersion === newest, 'G5', 'the head points to another snapshot than the newest', () => ({
        snapshotVersion,
        complete: this.versions,
      }));
      const before = seeHead(head.before).snapshotVersion;
      demand(before <= snapshotVersion, 'G5', 'the snapshot pointer goes back', () => ({
        before,
        snapshotVersion,
      }));
    }
    for (const version of this.versions.slice(0, snapshotsKept)) {
      const missing = this.#complete.get(version)?.chunks.filter((hash) => !this.#chunks.has(hash)) ?? [];
      demand(missing.length === 0, 'G5', 'a snapshot that is to be kept lacks chunks', () => ({
        version,
        missing,
      }));
    }
  }
}
