import { readChanges } from '../../../lib/app/ads/change-log.ts';
import { headKey } from '../../../lib/app/state-keys.ts';
import type { AdChange } from '../../../lib/core/ads/ad-change.ts';
import { openDataFolder } from '../../support/open-data-folder.ts';
import { nameIn, type AdStory } from '../ledger/ad-story.ts';
import type { Ledgers } from '../ledger/ledgers.ts';

/**
 * Checks what no answer shows: the change log has no gap and holds what the client of each ad did, in that
 * order, each once; the live ads are those that were served; the quarantine is empty.
 */
export async function auditFolder(
  folder: string,
  ledgers: Ledgers,
  liveIds: ReadonlySet<string>,
): Promise<void> {
  const { findings } = ledgers;
  const stores = openDataFolder(folder);
  try {
    const { records } = await stores.quarantine.list({ limit: 1 });
    if (records.length > 0) findings.add('wrong', `in the quarantine: ${records[0]?.reason ?? ''}`);
    const version = (await stores.state.get(headKey))?.['version'];
    const changes: AdChange[] = [];
    try {
      for await (const some of readChanges(stores, 0, Number(version ?? 0n))) changes.push(...some);
    } catch (error) {
      findings.add('lost', String(error));
      return;
    }
    auditChanges(changes, ledgers, liveIds);
  } finally {
    await stores.close();
  }
}

function auditChanges(
  changes: readonly AdChange[],
  { ads, clock, findings }: Ledgers,
  liveIds: ReadonlySet<string>,
): void {
  const titles = new Map<string, string[]>();
  const alive = new Map<string, string>();
  /** An ad may end, and go, between being listed and the server's stop. */
  const expired = new Set<string>();
  for (const change of changes) {
    if (change.type === 'put') {
      const { id, title } = change.ad;
      const name = nameIn(title) ?? title;
      const before = titles.get(name) ?? [];
      if (alive.get(id) === undefined && before.length > 0) findings.add('double', `${name} was made twice`);
      // A new end is a change that leaves the title.
      if (before.at(-1) !== title) titles.set(name, [...before, title]);
      alive.set(id, name);
    } else {
      const story = ads.stories.get(alive.get(change.adId) ?? '');
      if (!mayGo(change.reason, story, clock.latestEverMs())) {
        findings.add('lost', `version ${change.version} removes ${change.adId}, ${change.reason}`);
      }
      alive.delete(change.adId);
      if (change.reason === 'expired') expired.add(change.adId);
    }
  }
  for (const story of ads.stories.values()) {
    const logged = titles.get(story.name) ?? [];
    if (!story.explains(logged)) findings.add(...unexplained(story, logged));
  }
  for (const id of liveIds) {
    if (!alive.has(id) && !expired.has(id)) findings.add('wrong', `ad ${id} is listed, and not in the log`);
  }
}

function mayGo(reason: 'deleted' | 'expired', story: AdStory | undefined, latestMs: number): boolean {
  if (story === undefined) return false;
  return reason === 'deleted' ? story.removed !== 'no' : Math.min(...story.ends) <= latestMs;
}

function unexplained(story: AdStory, logged: readonly string[]): ['lost' | 'double', string] {
  const known = story.entries.map(({ title, certain }) => `${title}${certain ? '' : '?'}`);
  const kind = logged.length < story.entries.filter(({ certain }) => certain).length ? 'lost' : 'double';
  return [kind, `${story.name} did ${known.join(', ')}; logged: ${logged.join(', ')}`];
}
