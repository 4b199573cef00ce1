import type { Attributes } from '../../../lib/ports/state-store.ts';
import type { AdModel } from './ad-model.ts';
import { rowOf, storedRow } from './ad-rows.ts';
import type { AppliedWrite } from './auditor.ts';
import { demand } from './demand.ts';

/** The prefix of the items of each projection of the ads (their layout: lib/app/state-keys.ts). */
export const sidePrefixes = ['', 'p2.'] as const;
export type SidePrefix = (typeof sidePrefixes)[number];

/** The projections that the head says every commit writes, the one that readers use first. */
export function keptSides(head: Attributes | undefined): readonly SidePrefix[] {
  const active = head?.['projection'] === 2n ? 'p2.' : '';
  const second = head?.['second'];
  if (second === undefined) return [active];
  return [active, second === 2n ? 'p2.' : ''];
}

/** Where a partition key of the ads belongs. */
export function sideOf(pk: string): { readonly prefix: SidePrefix; readonly name: string } {
  return pk.startsWith('p2.') ? { prefix: 'p2.', name: pk.slice(3) } : { prefix: '', name: pk };
}

/**
 * Watches the items of ads of each projection. At each commit those that the head names hold exactly the ads that
 * the log leads to (G3, G5); so readers may be switched between any two commits.
 */
export class AdSides {
  readonly #rows = new Map<SidePrefix, Map<string, string>>(
    sidePrefixes.map((prefix) => [prefix, new Map()]),
  );
  kept: readonly SidePrefix[] = [''];
  switches = 0;

  /** Call it when the model has taken the commit. */
  wrote(model: AdModel, { changes }: AppliedWrite): void {
    for (const { key, after } of changes) {
      const { prefix, name } = sideOf(key.pk);
      if (!name.startsWith('ad#')) continue;
      const rows = this.#rows.get(prefix);
      const adId = name.slice('ad#'.length);
      if (after?.ad === undefined) rows?.delete(adId);
      else rows?.set(adId, storedRow(after.ad));
    }
    const head = changes.find(({ key }) => key.pk === 'head');
    if (head === undefined) return;
    const kept = keptSides(head.after);
    if (kept[0] !== this.kept[0]) this.switches += 1;
    this.kept = kept;
    const wanted = [...model.live.values()].map(rowOf).sort();
    for (const prefix of kept) {
      const found = [...(this.#rows.get(prefix)?.values() ?? [])].sort();
      demand(
        found.join('\n') === wanted.join('\n'),
        'G5',
        'a projection holds other ads than the log leads to',
        () => ({ prefix, found, wanted }),
      );
    }
  }
}
