import type { Coding } from './codings.ts';
import type { Draft, FuzzRequest, Pooled, Text } from './draft.ts';

/** How many values are kept for each name, the newest. */
const valuesMax = 30;

/** Headers of requests that take what other headers and members of answers gave. */
const sources: Readonly<Record<string, string>> = {
  'If-Match': 'ETag',
  'If-None-Match': 'ETag',
  cursor: 'next_cursor',
};

export interface PoolsOptions {
  /** Makes the keys of idempotent requests this run's own. */
  readonly keyPrefix: string;
  /** On every request, unless it is about them. */
  readonly headers: readonly (readonly [string, string])[];
}

/** What the answers to one lane's requests have held, by name, for its later requests. */
export class Pools {
  readonly #values = new Map<string, string[]>();
  readonly #options: PoolsOptions;

  constructor(options: PoolsOptions) {
    this.#options = options;
  }

  learn(name: string, value: string): void {
    if (value === '') return;
    const values = this.#values.get(name) ?? [];
    if (values.includes(value)) return;
    values.push(value);
    if (values.length > valuesMax) values.shift();
    this.#values.set(name, values);
  }

  forget(name: string, value: string): void {
    const values = this.#values.get(name) ?? [];
    this.#values.set(
      name,
      values.filter((known) => known !== value),
    );
  }

  known(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** Members named like parameters, wherever they stand in an answer. */
  learnFrom(json: unknown, depth = 0): void {
    if (typeof json !== 'object' || json === null || depth > 3) return;
    if (Array.isArray(json)) {
      for (const item of json.slice(0, valuesMax)) this.learnFrom(item, depth + 1);
      return;
    }
    for (const [name, value] of Object.entries(json)) {
      if (typeof value === 'string' && ['key', 'next_cursor'].includes(name)) this.learn(name, value);
      else this.learnFrom(value, depth + 1);
    }
  }

  request(draft: Draft): FuzzRequest {
    const path = draft.path
      .map((text) => (typeof text === 'string' ? text : encodeURIComponent(this.#pick(text) ?? '-')))
      .join('');
    const query =
      typeof draft.query === 'string' ? draft.query : this.#pairs(draft.query).map(toPair).join('&');
    const named = new Set(draft.headers.map(([name]) => name.toLowerCase()));
    const own = this.#options.headers.filter(([name]) => !named.has(name.toLowerCase()));
    const body = typeof draft.body === 'string' ? Buffer.from(draft.body) : draft.body;
    const coding = body === undefined ? undefined : draft.coding;
    return {
      draft,
      method: draft.method,
      target: query === '' ? path : `${path}?${query}`,
      headers: [...own, ...this.#pairs(draft.headers), ...codingHeaders(coding)],
      body,
      coded: body && coding?.encode(body),
    };
  }

  #pairs(pairs: readonly (readonly [string, Text])[]): [string, string][] {
    return pairs.flatMap(([name, text]): [string, string][] => {
      const value = typeof text === 'string' ? text : this.#pick(text);
      return value === undefined ? [] : [[name, value]];
    });
  }

  #pick(pooled: Pooled): string | undefined {
    const value = this.#value(pooled);
    const [before, after] = pooled.around ?? ['', ''];
    return value === undefined ? undefined : `${before}${value}${after}`;
  }

  #value({ pool, index, otherwise, beyond = false }: Pooled): string | undefined {
    if (pool === 'Idempotency-Key') return `${this.#options.keyPrefix}-${index}`;
    const values = this.#values.get(sources[pool] ?? pool) ?? [];
    const value = values[index % Math.max(1, values.length)] ?? otherwise;
    // In a token: the number before the second it was issued in.
    return beyond ? value?.replace(/\d+(?=\.\d{9,})/, (digits) => `9${digits}`) : value;
  }
}

function codingHeaders(coding: Coding | undefined): readonly [string, string][] {
  return coding === undefined ? [] : [['Content-Encoding', coding.name]];
}

function toPair([name, value]: readonly [string, string]): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`;
}
