import type { ClockRange } from '../process/server-clock.ts';
import { AdStory, contentOf, nameIn, type ServedAd } from './ad-story.ts';
import type { Findings } from '../../load/ledger/findings.ts';

/** The ledger of all writes of ads. */
export class AdLedger {
  readonly stories = new Map<string, AdStory>();
  /** The highest version of the catalog that any answer has shown. */
  versionSeen = 0;
  readonly #findings: Findings;
  /** Who got a version first: a version stands for one change of one ad. */
  readonly #versions = new Map<number, string>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  open(name: string): AdStory {
    const story = new AdStory(name);
    this.stories.set(name, story);
    return story;
  }

  /** An answer showed this ad; `settled`: the read presented the token of its last write, or came at rest. */
  served(ad: ServedAd, clock: ClockRange, settled: boolean): AdStory | undefined {
    const story = this.stories.get(nameIn(ad.title) ?? '');
    if (story === undefined) {
      this.#findings.add('wrong', `an ad that nobody wrote: ${JSON.stringify(ad)}`);
      return undefined;
    }
    const told = `ad ${story.name} served as ${JSON.stringify(ad)}`;
    story.shown = true;
    story.id ??= ad.id;
    if (story.id !== ad.id) this.#findings.add('double', `${told}, but it is ${story.id}`);
    const titles = settled ? story.possibleTitles : story.entries.map(({ title }) => title);
    if (!titles.includes(ad.title)) this.#findings.add('lost', `${told}; expected ${titles.join(' or ')}`);
    if (ad.content !== contentOf(ad.title)) this.#findings.add('wrong', `${told}: a mixture of versions`);
    if (settled && story.removed === 'yes') this.#findings.add('lost', `${told}, but it was deleted`);
    const endMs = Date.parse(ad.end_at);
    if (!story.ends.includes(endMs)) this.#findings.add('wrong', `${told}: nobody gave it that end`);
    if (endMs <= clock.earliestMs)
      this.#findings.add('late', `${told} at ${new Date(clock.earliestMs).toISOString()} or later`);
    this.#check(ad, story);
    return story;
  }

  /** As `served`; a page shows only what has started as well. */
  servedActive(ad: ServedAd, clock: ClockRange): void {
    this.served(ad, clock, false);
    if (Date.parse(ad.start_at) > clock.latestMs) {
      this.#findings.add('late', `${JSON.stringify(ad)} before its start`);
    }
  }

  /** An answer says that this version was the change to this title. */
  applied(story: AdStory, ad: ServedAd): void {
    if (ad.version <= story.version) {
      this.#findings.add('wrong', `${story.name} went from version ${story.version} to ${ad.version}`);
    }
    story.version = ad.version;
    story.shown = true;
    this.#check(ad, story);
  }

  /** Pages show versions that never go back; `before` was seen when the request was sent. */
  catalogVersion(version: number, before: number): void {
    if (version < before) this.#findings.add('lost', `the catalog went back from ${before} to ${version}`);
    this.versionSeen = Math.max(this.versionSeen, version);
  }

  #check({ title, version }: ServedAd, story: AdStory): void {
    const holder = this.#versions.get(version);
    if (holder === undefined) this.#versions.set(version, title);
    else if (holder !== title) {
      this.#findings.add('wrong', `version ${version} is ${holder} and ${title} of ${story.name}`);
    }
  }
}
