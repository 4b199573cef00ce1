import { adToJson } from '../../../lib/core/ads/ad-json.ts';
import { genders, platforms, type Ad } from '../../../lib/core/ads/ad.ts';
import type { AdFilter, CatalogPage } from '../../../lib/core/ads/catalog/catalog.ts';
import { adCountries } from '../../support/ad-builder.ts';
import type { PageIndex } from './page-index.ts';

/** The value of a level for which the query has no filter. */
const any = 'any';
type Key = number | string;
type Level<Below> = Map<Key, Below>;
type Leaves = Level<Level<Level<Level<number[]>>>>;

const ages = Array.from({ length: 120 }, (_, i) => i + 1);

/**
 * The idea of the replicated ad server: maps within maps, age, country, gender, platform, and at the end a
 * sorted list of the ads that answer the question. An answer is four look-ups and a slice; an ad stands in as
 * many lists as its targets have combinations. Right for one instant only: the server changed it whenever an
 * ad began or ended.
 */
export class LeafIndex implements PageIndex {
  readonly atMs: number;
  /** Places in lists, over all ads. */
  entries = 0;
  readonly #json: readonly string[];
  readonly #leaves: Leaves = new Map();

  constructor(ads: readonly Ad[], atMs: number) {
    this.atMs = atMs;
    const active = ads
      .filter(({ startAt, endAt }) => startAt <= atMs && atMs < endAt)
      .sort((a, b) => a.endAt - b.endAt || (a.id < b.id ? -1 : 1));
    this.#json = active.map(adToJson);
    active.forEach((ad, row) => {
      this.#insert(ad, row);
    });
  }

  query(
    filter: AdFilter,
    atMs: number,
    page: { readonly offset: number; readonly limit: number },
  ): CatalogPage {
    if (atMs !== this.atMs) throw new RangeError('this index knows one instant');
    const { age = any, country = any, gender = any, platform = any } = filter;
    const rows = this.#leaves.get(age)?.get(country)?.get(gender)?.get(platform) ?? [];
    const items: string[] = [];
    const end = Math.min(rows.length, page.offset + page.limit);
    for (let i = page.offset; i < end; i++) items.push(this.#json[rows[i] as number] as string);
    return { items, total: rows.length };
  }

  #insert(ad: Ad, row: number): void {
    const { ageStart, ageEnd } = ad;
    const admitted = ages.filter((age) => (ageStart ?? age) <= age && age <= (ageEnd ?? age));
    for (const age of [any, ...admitted]) {
      const byCountry = below(this.#leaves, age, () => new Map<Key, Level<Level<number[]>>>());
      for (const country of orAll(ad.country, adCountries)) {
        const byGender = below(byCountry, country, () => new Map<Key, Level<number[]>>());
        for (const gender of orAll(ad.gender, genders)) {
          const byPlatform = below(byGender, gender, () => new Map<Key, number[]>());
          for (const platform of orAll(ad.platform, platforms)) {
            below(byPlatform, platform, () => []).push(row);
            this.entries += 1;
          }
        }
      }
    }
  }
}

/** Who has no targets is for anyone; and everybody answers who does not filter. */
function orAll(targets: readonly string[], all: readonly string[]): readonly string[] {
  return [any, ...(targets.length === 0 ? all : targets)];
}

function below<Value>(level: Level<Value>, key: Key, make: () => Value): Value {
  let value = level.get(key);
  if (value === undefined) level.set(key, (value = make()));
  return value;
}
