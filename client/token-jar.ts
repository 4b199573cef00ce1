/** The most tokens in a request, and the most characters of the header, which gateways limit. */
const tokensPresentedMax = 20;
const presentedLengthMax = 4096;
/** A hot counter has at most this many partition keys, each with its own mark. */
const tokensPerScopeMax = 32;

interface Kept {
  readonly token: string;
  /** Increases with every stored token. */
  readonly order: number;
}

/**
 * The Consistency-Tokens of the client's own writes, for all ads or per counter. For each shard and partition
 * key only the furthest token is kept, since it covers the earlier ones. If there are too many counters, the
 * least recently written one is dropped.
 */
export class TokenJar {
  readonly #scopesMax: number;
  readonly #scopes = new Map<string, Map<string, Kept>>();
  #order = 0;

  constructor(scopesMax: number) {
    this.#scopesMax = scopesMax;
  }

  /** `tokens`: the value of the header. */
  remember(scope: string, tokens: string): void {
    const kept = this.#scopes.get(scope) ?? new Map<string, Kept>();
    this.#scopes.delete(scope);
    this.#scopes.set(scope, kept);
    for (const token of tokens.split(',')) if (token.trim() !== '') this.#keep(kept, token.trim());
    dropOldest(this.#scopes, this.#scopesMax);
  }

  /** Moves the tokens of another jar into this one. */
  take(other: TokenJar): void {
    for (const [scope, kept] of other.#scopes)
      for (const { token } of kept.values()) this.remember(scope, token);
    other.#scopes.clear();
  }

  /**
   * The value of the header for a read; undefined: there are no tokens. If there are too many, the newest.
   */
  present(scopes: readonly string[]): string | undefined {
    const all = scopes.flatMap((scope) => [...(this.#scopes.get(scope)?.values() ?? [])]);
    all.sort((a, b) => b.order - a.order);
    let text = '';
    for (const { token } of all.slice(0, tokensPresentedMax)) {
      const longer = text === '' ? token : `${text}, ${token}`;
      if (longer.length > presentedLengthMax) break;
      text = longer;
    }
    return text === '' ? undefined : text;
  }

  #keep(kept: Map<string, Kept>, token: string): void {
    const { place, number } = readToken(token);
    const known = kept.get(place);
    // Answers may arrive out of order.
    if (known !== undefined && !isBefore(readToken(known.token).number, number)) return;
    kept.delete(place);
    kept.set(place, { token, order: this.#order++ });
    dropOldest(kept, tokensPerScopeMax);
  }
}

/** A Map keeps insertion order. */
function dropOldest(map: Map<string, unknown>, sizeMax: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= sizeMax) return;
    map.delete(oldest);
  }
}

/**
 * `a2.<stage>.<epoch>.<shard>.<number>.<issued>` or `c2.` the same and `.<partition key>`: the log position
 * without number and time identifies it. `a1.` and `c1.`, of servers before 2026-12, lack the stage. A token
 * of another form identifies itself.
 */
function readToken(token: string): { readonly place: string; readonly number: string } {
  const match = /^([ac](?:1|2\.[^.]+)\.[^.]+\.[^.]+)\.(\d+)\.[^.]+(.*)$/.exec(token);
  const [, shard = '', number = '', partitionKey = ''] = match ?? [];
  return match === null ? { place: token, number: '0' } : { place: shard + partitionKey, number };
}

/** Compares decimal numbers of any length without leading zeros. */
function isBefore(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length;
}
