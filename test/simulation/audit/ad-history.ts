import type { AdModel, ModelAd } from './ad-model.ts';

interface Commit {
  readonly atMs: number;
  readonly version: number;
}

export interface VersionSpan {
  readonly from: number;
  readonly to: number;
}

/** One ad as it was from a version on; undefined: not live. `ended`: as it was at its end, if that removed it. */
interface AdSince {
  readonly version: number;
  readonly ad: ModelAd | undefined;
  readonly ended?: ModelAd;
}

/** Neither: it is unknown, or was deleted. */
export type AdFate = Pick<AdSince, 'ad' | 'ended'>;

/** Which version the store had when (true time), and what was live at each. */
export class AdHistory {
  readonly #commits: Commit[] = [{ atMs: Number.NEGATIVE_INFINITY, version: 0 }];
  readonly #byAd = new Map<string, AdSince[]>();
  readonly #liveCount: number[] = [0];
  readonly #liveBytes: number[] = [0];
  #noted = 0;

  /** The model has moved, change by change, in a commit at this instant. */
  note(model: AdModel, atMs: number): void {
    for (; this.#noted < model.version; this.#noted += 1) {
      const change = model.changes[this.#noted];
      if (change === undefined) break;
      const { adId, version } = change;
      const since = this.#byAd.get(adId) ?? [];
      const ended = change.type === 'remove' && change.reason === 'expired' ? change.ad : undefined;
      since.push({ version, ad: change.type === 'put' ? change.ad : undefined, ...(ended && { ended }) });
      this.#byAd.set(adId, since);
    }
    this.#commits.push({ atMs, version: model.version });
  }

  /** What the model weighs now, at its version. */
  weigh(model: AdModel): void {
    this.#liveCount[model.version] = model.live.size;
    this.#liveBytes[model.version] = model.liveBytes;
  }

  /** undefined: no commit ended with this version. */
  weightAt(version: number): { readonly ads: number; readonly bytes: number } | undefined {
    const ads = this.#liveCount[version];
    const bytes = this.#liveBytes[version];
    return ads === undefined || bytes === undefined ? undefined : { ads, bytes };
  }

  /** The newest version that was committed before the instant, or at it. */
  versionAt(atMs: number): number {
    return this.#newest((commit) => commit.atMs <= atMs);
  }

  /** The newest version that was committed before the instant. */
  versionBefore(atMs: number): number {
    return this.#newest((commit) => commit.atMs < atMs);
  }

  /** Whether a commit ended with this version, so that somebody can have seen it as the newest. */
  isCommitted(version: number): boolean {
    return this.#commits.some((commit) => commit.version === version);
  }

  /**
   * The versions that were the newest at some instant from..to; what happened at `from` itself may count as
   * after it.
   */
  during(fromMs: number, toMs: number): VersionSpan {
    return { from: this.versionBefore(fromMs), to: this.versionAt(toMs) };
  }

  adAt(adId: string, version: number): ModelAd | undefined {
    return this.#byAd.get(adId)?.findLast((since) => since.version <= version)?.ad;
  }

  /** What the ad was at any of the versions, undefined for "not live". */
  adDuring(adId: string, { from, to }: VersionSpan): readonly (ModelAd | undefined)[] {
    const later = (this.#byAd.get(adId) ?? []).filter(({ version }) => version > from && version <= to);
    return [this.adAt(adId, from), ...later.map(({ ad }) => ad)];
  }

  /** What had become of the ad at any of the versions. */
  fatesDuring(adId: string, { from, to }: VersionSpan): readonly AdFate[] {
    const all = this.#byAd.get(adId) ?? [];
    const before = all.findLast(({ version }) => version <= from) ?? { ad: undefined };
    return [before, ...all.filter(({ version }) => version > from && version <= to)];
  }

  /** The ads that had been removed at their end. */
  endedAt(version: number): readonly ModelAd[] {
    return [...this.#byAd.keys()].flatMap(
      (adId) => this.fatesDuring(adId, { from: version, to: version })[0]?.ended ?? [],
    );
  }

  liveAt(version: number): readonly ModelAd[] {
    return [...this.#byAd.keys()].flatMap((adId) => this.adAt(adId, version) ?? []);
  }

  #newest(isIn: (commit: Commit) => boolean): number {
    return this.#commits.findLast(isIn)?.version ?? 0;
  }
}
