/** What the API takes in one request, and what a header may hold on its way through gateways. */
const tokensPresentedMax = 20;
const presentedLengthMax = 4096;
/** A hot counter is spread over that many partition keys at most, each with a mark of its own. */
const tokensPerScopeMax = 32;

interface Kept {
  readonly token: string;
  /** Rises with every token that is kept. */
  readonly order: number;
}

/**
 * The Consistency-Tokens of the client's own writes, by what they are of: all ads, or one counter. Of one log position
 * and partition key only the furthest is kept, as it stands for those before it. When there are too many counters, the
 * one not written to for longest is forgotten.
 */
export class TokenJar {
  readonly #scopesMax: number;
  readonly #scopes = new Map<string, Map<string, Kept>>();
  #order = 0;

  constructor(scopesMax: number) {
    this.#scopesMax = scopesMax;
  }

  /** `tokens`: as in the header. */
  remember(scope: string, tokens: string): void {
    const kept = this.#scopes.get(scope) ?? new Map<string, Kept>();
    this.#scopes.delete(scope);
    this.#scopes.set(scope, kept);
    for (const token of tokens.split(',')) if (token.trim() !== '') this.#keep(kept, token.trim());
    dropOldest(this.#scopes, this.#scopesMax);
  }

  /** The value of the header for a read of these; undefined: nothing is known. The newest, if they are too many. */
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
    // Answers may overtake each other.
    if (known !== undefined && !isBefore(readToken(known.token).number, number)) return;
    kept.delete(place);
    kept.set(place, { token, order: this.#order++ });
    dropOldest(kept, tokensPerScopeMax);
  }
}

/** A Map has its members in the order in which they were put in. */
function dropOldest(map: Map<string, unknown>, sizeMax: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= sizeMax) return;
    map.delete(oldest);
  }
}

/**
 * `a2.<stage>.<epoch>.<shard>.<number>.<issued>` or `c2.` the same and `.<partition key>`: the place is everything but
 * number and time. `a1.` and `c1.`, of servers before 2026-12, lack the stage. A token of another form is a place of its own.
 */
function readToken(token: string): { readonly place: string; readonly number: string } {
  const match = /^([ac](?:1|2\.[^.]+)\.[^.]+\.[^.]+)\.(\d+)\.[^.]+(.*)$/.exec(token);
  const [, shard = '', number = '', partitionKey = ''] = match ?? [];
  return match === null ? { place: token, number: '0' } : { place: shard + partitionKey, number };
}

/** Of decimal numbers without leading zeros, beyond any number type. */
function isBefore(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length;
}
