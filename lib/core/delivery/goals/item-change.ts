/** The attributes of an item that a store gave. */
export type StoredAttributes = Readonly<Record<string, unknown>>;

/**
 * What must hold of an item. Comparisons are false when the attribute is absent. Part of the conditions of the port of
 * stores, so each store evaluates what is tested here.
 */
export type ItemCondition =
  | { readonly op: 'absent'; readonly attribute: string }
  | { readonly op: '=' | '<' | '<=' | '>' | '>='; readonly attribute: string; readonly value: bigint }
  | { readonly op: 'any' | 'all'; readonly of: readonly ItemCondition[] };

/** A conditional change of one item: a store's `update` once it has the key of the item. */
export interface ItemChange {
  readonly set?: Readonly<Record<string, bigint>>;
  readonly add?: Readonly<Record<string, bigint>>;
  readonly remove?: readonly string[];
  readonly condition: ItemCondition;
}

export function all(...of: readonly ItemCondition[]): ItemCondition {
  return { op: 'all', of };
}

export function compare(attribute: string, op: '=' | '<' | '<=' | '>' | '>=', value: number): ItemCondition {
  return { op, attribute, value: BigInt(value) };
}

export function absent(attribute: string): ItemCondition {
  return { op: 'absent', attribute };
}

/** As `compare`, but an absent attribute will do too. */
export function absentOr(attribute: string, op: '=' | '<' | '<=', value: number): ItemCondition {
  return { op: 'any', of: [absent(attribute), compare(attribute, op, value)] };
}

export function numberAt(item: StoredAttributes | undefined, attribute: string): number | undefined {
  const value = item?.[attribute];
  return typeof value === 'bigint' ? Number(value) : undefined;
}

/** The numbers of the attributes that are a prefix and digits, by the number that the digits are; smallest first. */
export function numbersAt(item: StoredAttributes | undefined, prefix: string): ReadonlyMap<number, number> {
  const found: [number, number][] = [];
  for (const name in item) {
    if (!name.startsWith(prefix) || !digits.test(name.slice(prefix.length))) continue;
    const value = numberAt(item, name);
    if (value !== undefined) found.push([Number(name.slice(prefix.length)), value]);
  }
  return new Map(found.sort(([a], [b]) => a - b));
}

const digits = /^\d+$/;
