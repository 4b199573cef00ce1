import type { FetchedAnswer, FetchOptions, Increment } from '../../../client/index.ts';
import { answer, problem, systemError } from './scripted-api.ts';

/** What happens to a request on its way. `-before` and `-after`: before or after it took effect. */
export const fates = [
  'answered',
  'reset-before',
  'reset-after',
  'unavailable-before',
  'unavailable-after',
  'silent-before',
  'silent-after',
  'cut-short',
  'partly',
  'not-connected',
  'too-many',
] as const;
export type Fate = (typeof fates)[number];

/** Keys that begin so are refused with 400, as a stage does that demands UUIDs. */
export const refusedPrefix = 'refused/';

/**
 * A naive API of increments. Each increment is one bit of a counter's value, which no other increment of that
 * counter has: so a sum names what is in it. It records how often each was counted, and under which
 * Idempotency-Keys it arrived.
 */
export class CountingApi {
  /** How often each increment was counted. */
  readonly counted = new Map<string, number>();
  /** What each arrived under; a request that was refused with 400 has left nothing, so its key is forgotten. */
  readonly keysOf = new Map<string, Set<string>>();
  readonly breaches: string[] = [];
  readonly #bodies = new Map<string, string>();
  readonly #taken = new Map<string, Set<number>>();
  readonly #draw: () => Fate;

  constructor(draw: () => Fate) {
    this.#draw = draw;
  }

  fetch = async (
    url: string,
    { headers, body: sent = '', signal, keepalive }: FetchOptions,
  ): Promise<FetchedAnswer> => {
    const body = sent as string;
    await Promise.resolve();
    const key = headers['Idempotency-Key'];
    if (key !== undefined && (this.#bodies.get(key) ?? body) !== body)
      this.breaches.push(`${key} names two requests`);
    if (key !== undefined) this.#bodies.set(key, body);
    const increments = incrementsOf(body);
    if (key !== undefined)
      for (const id of increments.flatMap(idsOf))
        this.keysOf.set(id, (this.keysOf.get(id) ?? new Set()).add(key));
    const fate = this.#draw();
    const asked = { key, increments, isMany: url.endsWith('/increments') };
    const replied = this.#reply(fate, asked);
    if (keepalive !== true && replied !== 'silence') return replied;
    return new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  };

  #reply(fate: Fate, asked: Asked): FetchedAnswer | 'silence' {
    switch (fate) {
      case 'not-connected':
        throw systemError('ECONNREFUSED')();
      case 'too-many':
        return problem(429, 'too-many-requests', { 'Retry-After': '1' })();
      case 'reset-before':
        throw systemError('ECONNRESET')();
      case 'unavailable-before':
        return problem(503, 'log-unavailable')();
      case 'silent-before':
        return 'silence';
      case 'answered':
      case 'reset-after':
      case 'unavailable-after':
      case 'silent-after':
      case 'cut-short':
      case 'partly':
        return this.#takeEffect(fate, asked);
    }
  }

  #takeEffect(fate: Fate, asked: Asked): FetchedAnswer | 'silence' {
    const refused = asked.increments.flatMap(({ key }, index) =>
      key.startsWith(refusedPrefix) ? [index] : [],
    );
    if (refused.length > 0) return this.#refuse(asked, refused);
    const half = fate === 'partly' && asked.isMany ? Math.floor(asked.increments.length / 2) : undefined;
    this.#count(asked, half);
    if (fate === 'reset-after') throw systemError('ECONNRESET')();
    if (fate === 'unavailable-after') return problem(503, 'log-unavailable')();
    if (fate === 'silent-after') return 'silence';
    if (fate === 'cut-short') return answer(202, '{"accep')();
    if (!asked.isMany) return answer(202, {})();
    const failed = half === undefined ? [] : this.#missing(asked);
    const body = { accepted: asked.increments.length - failed.length };
    return failed.length === 0 ? answer(202, body)() : answer(207, { ...body, failed })();
  }

  #refuse({ key }: Asked, indexes: readonly number[]): FetchedAnswer {
    if (key !== undefined) for (const keys of this.keysOf.values()) keys.delete(key);
    const errors = indexes.map((index) => ({ path: `increments.${index}.key`, message: 'must be a UUID' }));
    return problem(400, 'invalid-request', {}, errors)();
  }

  /** A request without a key counts whenever it arrives; one with a key counts each increment once. */
  #count({ key, increments }: Asked, end = increments.length): void {
    const taken = (key === undefined ? undefined : this.#taken.get(key)) ?? new Set<number>();
    if (key !== undefined) this.#taken.set(key, taken);
    for (const [index, increment] of increments.slice(0, end).entries()) {
      if (taken.has(index)) continue;
      taken.add(index);
      for (const id of idsOf(increment)) this.counted.set(id, (this.counted.get(id) ?? 0) + 1);
    }
  }

  #missing({ key, increments }: Asked): { index: number; ambiguous: boolean }[] {
    const taken =
      this.#taken.get(key ?? '') ?? new Set(increments.keys().take(Math.floor(increments.length / 2)));
    return [...increments.keys()]
      .filter((index) => !taken.has(index))
      .map((index) => ({ index, ambiguous: false }));
  }
}

interface Asked {
  readonly key: string | undefined;
  readonly increments: readonly Increment[];
  readonly isMany: boolean;
}

function incrementsOf(body: string): readonly Increment[] {
  const sent = JSON.parse(body) as Increment | { readonly increments: readonly Increment[] };
  return 'increments' in sent ? sent.increments : [sent];
}

/** The increments in a sum: a bit each. */
export function idsOf({ key, value }: Increment): string[] {
  const bits = BigInt(value);
  const ids: string[] = [];
  for (let bit = 0; bits >> BigInt(bit) > 0n; bit++)
    if ((bits >> BigInt(bit)) & 1n) ids.push(`${key} ${bit}`);
  return ids;
}
