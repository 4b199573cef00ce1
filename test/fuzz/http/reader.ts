import { systemClock } from '../../../lib/adapters/system/system-clock.ts';

const triesMax = 50;

/** Plain reads beside the fuzzing: of the document, of totals and of the list of ads. */
export class Reader {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: URL, token: string | undefined) {
    this.#url = url;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** The body, numbers beyond 2^53 as big integers; undefined: 404. Waits out 429 and 503. */
  async get(target: string): Promise<unknown> {
    for (let tries = 0; tries < triesMax; tries += 1) {
      const response = await fetch(new URL(target, this.#url), { headers: this.#headers });
      const text = await response.text();
      if (response.status === 200) return JSON.parse(text, exactNumber);
      if (response.status === 404) return undefined;
      if (response.status !== 429 && response.status !== 503) {
        throw new Error(`GET ${target.slice(0, 200)}: ${response.status} ${text.slice(0, 500)}`);
      }
      await systemClock.sleep(1000 * Number(response.headers.get('retry-after') ?? 1));
    }
    throw new Error(`GET ${target}: not answered`);
  }

  async total(key: string): Promise<bigint | undefined> {
    return (await this.totals([key])).get(key);
  }

  /** Of those that exist. Not by their paths: `fetch` would make another of it for a counter called `..`. */
  async totals(keys: readonly string[]): Promise<Map<string, bigint>> {
    const query = keys.map((key) => `key=${encodeURIComponent(key)}`).join('&');
    const { counters } = (await this.get(`/api/v1/counters?${query}`)) as {
      readonly counters: readonly { readonly key: string; readonly value: number | bigint }[];
    };
    return new Map(counters.map(({ key, value }) => [key, BigInt(value)]));
  }

  /** By id. */
  async ads(): Promise<Map<string, unknown>> {
    const ads = new Map<string, unknown>();
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = (await this.get(
        `/api/v1/ads?limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      )) as { readonly ads: readonly { readonly id: string }[]; readonly next_cursor: string | null };
      for (const ad of page.ads) ads.set(ad.id, ad);
      cursor = page.next_cursor;
    }
    return ads;
  }

  /** Until what was accepted has taken effect: nothing is behind, several looks in a row. */
  async untilIdle(): Promise<void> {
    for (let quiet = 0, looks = 0; quiet < 5 && looks < 1200; looks += 1) {
      const health = (await this.get('/health')) as { readonly facts?: Readonly<Record<string, unknown>> };
      const behind = Object.values(health.facts ?? {})
        .map((fact) => (fact as { readonly records_behind?: number }).records_behind)
        .filter((count) => count !== undefined);
      // A deployed stage tells no such facts: then a second of quiet has to do.
      quiet = behind.every((count) => count === 0) ? quiet + 1 : 0;
      await systemClock.sleep(behind.length === 0 ? 1000 : 50);
    }
  }
}

function exactNumber(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source ?? '';
  const isExact = typeof value !== 'number' || Number.isSafeInteger(value) || !/^-?\d+$/.test(source);
  return isExact ? value : BigInt(source);
}
