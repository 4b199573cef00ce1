/** An ad as the API shows it, with the fields that these checks read. */
export interface ServedAd {
  readonly id: string;
  readonly title: string;
  readonly content: string;
  readonly start_at: string;
  readonly end_at: string;
  readonly version: number;
}

/** A version of an ad that a client sent. */
interface Entry {
  readonly title: string;
  /** Acknowledged; otherwise it happened once or not at all. */
  certain: boolean;
}

/** What one client did to one ad, one thing after the other; nobody else writes to it. */
export class AdStory {
  readonly name: string;
  readonly entries: Entry[] = [];
  /** Instants at which it may end; more than one while a change of it is uncertain. */
  readonly ends: number[] = [];
  /** undefined: no answer has told it. */
  id: string | undefined;
  removed: 'no' | 'maybe' | 'yes' = 'no';
  /** Of the last answer that told one. */
  version = 0;
  /** It still has that version, for all one knows. */
  versionKnown = false;
  /** An answer has shown that it exists; before that, a write may come too early for it. */
  shown = false;
  /** Of the last acknowledged write. */
  token = '';
  /** Before this instant it must not end: the last end that was acknowledged. */
  keptUntilMs = 0;
  #titles = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** The title of the next version; whatever is in the title says which version of which ad it is. */
  nextTitle(): string {
    this.#titles += 1;
    return `chaos ${this.name} v${this.#titles}`;
  }

  /** Before the first try; it stays uncertain until one of the next two is called. */
  sending(title: string): void {
    this.entries.push({ title, certain: false });
  }

  acknowledge(title: string): void {
    for (const entry of this.entries) if (entry.title === title) entry.certain = true;
  }

  /** Certainly not written. */
  drop(title: string): void {
    this.entries.splice(0, Infinity, ...this.entries.filter((entry) => entry.title !== title));
  }

  get created(): boolean {
    return this.entries.some(({ certain }) => certain);
  }

  /**
   * Titles it may have once everything sent so far has been decided: the last certain one and those after it.
   */
  get possibleTitles(): readonly string[] {
    const last = this.entries.findLastIndex(({ certain }) => certain);
    return this.entries.slice(Math.max(last, 0)).map(({ title }) => title);
  }

  /**
   * Whether these titles, in this order, can be what became of it: every certain one, each at most once, in
   * order.
   */
  explains(titles: readonly string[]): boolean {
    let next = 0;
    for (const { title, certain } of this.entries) {
      if (titles[next] === title) next += 1;
      else if (certain) return false;
    }
    return next === titles.length;
  }
}

/** When the id was made, by the clock of the server: the first 48 bits of a UUIDv7. */
export function idInstantMs(id: string): number {
  return Number.parseInt(id.replace('-', '').slice(0, 12), 16);
}

export function nameIn(title: string): string | undefined {
  return /^chaos (\S+) v\d+$/.exec(title)?.[1];
}

/** The body of an ad's creation. */
export function bodyOf(title: string, startAt: string, endAt: string, more: object = {}): string {
  const link = `https://shop.example/${encodeURIComponent(title)}`;
  return JSON.stringify({
    title,
    content: contentOf(title),
    start_at: startAt,
    end_at: endAt,
    click_url: link,
    ...more,
  });
}

/** Follows from the title, so that a mixture of two versions would show; some fill disks. */
export function contentOf(title: string): string {
  return `${title} `.repeat(title.startsWith('chaos large') ? 400 : 8).trim();
}
