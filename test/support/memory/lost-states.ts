import { itemKeyText } from '../../../lib/adapters/items/item-limits.ts';
import { compareUtf8 } from '../../../lib/adapters/items/utf8.ts';
import type { Attributes, ItemKey, QueryRange } from '../../../lib/ports/state-store.ts';
import type { Entry } from './item-table.ts';

export interface Lag {
  nowMs(): number;
  /** Asked for each write of the last second: whether an eventual read misses it. */
  misses(): boolean;
}

/** How long an eventual read may miss a write. */
const lagMs = 1000;

/** Writes of the last second; beyond these the oldest are forgotten. */
const keysMax = 1000;
const statesMax = 20;

interface Lost {
  readonly key: ItemKey;
  /** Oldest first. */
  readonly states: { readonly lostAtMs: number; readonly attributes: Attributes | undefined }[];
}

/** What items were before their latest writes: DynamoDB's eventual reads may still find that. */
export class LostStates {
  readonly #lag: Lag;
  readonly #byKey = new Map<string, Lost>();

  constructor(lag: Lag) {
    this.#lag = lag;
  }

  /** A write replaces this state. */
  add(key: ItemKey, attributes: Attributes | undefined): void {
    const text = itemKeyText(key);
    const lost = this.#byKey.get(text) ?? { key, states: [] };
    lost.states.push({ lostAtMs: this.#lag.nowMs(), attributes });
    if (lost.states.length > statesMax) lost.states.shift();
    this.#byKey.delete(text);
    this.#byKey.set(text, lost);
    const [oldest] = this.#byKey.keys();
    if (this.#byKey.size > keysMax && oldest !== undefined) this.#byKey.delete(oldest);
  }

  /** The state that an eventual read finds. */
  seen(key: ItemKey, newest: Attributes | undefined): Attributes | undefined {
    let found = newest;
    const { states = [] } = this.#byKey.get(itemKeyText(key)) ?? {};
    for (const { lostAtMs, attributes } of states.toReversed()) {
      if (lostAtMs < this.#lag.nowMs() - lagMs || !this.#lag.misses()) break;
      found = attributes;
    }
    return found;
  }

  *seenIn(range: QueryRange, newest: Iterable<Entry>): Generator<Entry> {
    const entries = new Map([...newest].map((entry) => [entry.key.sk, entry]));
    const gone = [...this.#byKey.values()].filter(({ key }) => isIn(range, key) && !entries.has(key.sk));
    const keys = [...[...entries.values()].map(({ key }) => key), ...gone.map(({ key }) => key)];
    keys.sort((a, b) => (range.order === 'descending' ? compareUtf8(b.sk, a.sk) : compareUtf8(a.sk, b.sk)));
    for (const key of keys) {
      const attributes = this.seen(key, entries.get(key.sk)?.attributes);
      if (attributes !== undefined) yield { key, attributes };
    }
  }
}

function isIn({ table, pk, after, through }: QueryRange, key: ItemKey): boolean {
  if (key.table !== table || key.pk !== pk) return false;
  if (after !== undefined && compareUtf8(key.sk, after) <= 0) return false;
  return through === undefined || compareUtf8(key.sk, through) <= 0;
}
