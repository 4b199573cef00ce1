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

/** Of a list's parameters, those that do not say what is in it. */
const pagingNames = ['cursor', 'limit', 'consistency'];

type DrawnPairs = readonly (readonly [string, Text])[];
type Pair = readonly [string, string];

interface List {
  readonly path: string;
  readonly filters: readonly Pair[];
}

export interface PoolsOptions {
  /** Makes the keys of idempotent requests this run's own. */
  readonly keyPrefix: string;
  /** On every request, unless it is about them. */
  readonly headers: readonly (readonly [string, string])[];
}

/** What the answers to one lane's requests have held, by name, for its later requests. */
export class Pools {
  readonly #values = new Map<string, string[]>();
  /** By cursor: with another list, or other filters, it is refused. */
  readonly #lists = new Map<string, List>();
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

  /** Members named like parameters, wherever they stand in the answer to a request for `target`. */
  learnFrom(target: string, json: unknown, depth = 0): void {
    if (typeof json !== 'object' || json === null || depth > 3) return;
    if (Array.isArray(json)) {
      for (const item of json.slice(0, valuesMax)) this.learnFrom(target, item, depth + 1);
      return;
    }
    for (const [name, value] of Object.entries(json)) {
      if (typeof value === 'string' && ['key', 'next_cursor'].includes(name)) this.learn(name, value);
      else this.learnFrom(target, value, depth + 1);
      if (typeof value === 'string' && name === 'next_cursor') this.#lists.set(value, listIn(target));
    }
  }

  request(draft: Draft): FuzzRequest {
    const path = draft.path
      .map((text) => (typeof text === 'string' ? text : encodeURIComponent(this.#pick(text) ?? '-')))
      .join('');
    const query =
      typeof draft.query === 'string'
        ? draft.query
        : this.#query(draft.query, path, draft).map(toPair).join('&');
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

  #pairs(pairs: DrawnPairs): Pair[] {
    return pairs.flatMap(([name, text]): Pair[] => {
      const value = typeof text === 'string' ? text : this.#pick(text);
      return value === undefined ? [] : [[name, value]];
    });
  }

  #query(pairs: DrawnPairs, path: string, { expect }: Draft): Pair[] {
    const chosen = this.#pairs(pairs);
    const cursor = chosen.find(([name]) => name === 'cursor')?.[1];
    const list = cursor === undefined ? undefined : this.#lists.get(cursor);
    if (list === undefined || expect.type !== 'fine') return chosen;
    if (list.path !== path) return chosen.filter(([name]) => name !== 'cursor');
    return [...chosen.filter(([name]) => pagingNames.includes(name)), ...list.filters];
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

function listIn(target: string): List {
  const [path = '', ...query] = target.split('?');
  const pairs = [...new URLSearchParams(query.join('?'))];
  return { path, filters: pairs.filter(([name]) => !pagingNames.includes(name)) };
}

function codingHeaders(coding: Coding | undefined): readonly [string, string][] {
  return coding === undefined ? [] : [['Content-Encoding', coding.name]];
}

function toPair([name, value]: readonly [string, string]): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`;
}
