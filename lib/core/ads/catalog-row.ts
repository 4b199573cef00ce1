import { assert } from '../assert.ts';
import { ageMax, ageMin, type Ad } from './ad.ts';
import { adBytes } from './ad-bytes.ts';
import { adToJson } from './ad-json.ts';

/** One version of an ad in a catalog, shared by every catalog that holds that version. */
export class CatalogRow {
  readonly ad: Ad;
  readonly bytes: number;
  /** The ad serialised, from the first time it is served: most ads of a cold catalog never are. */
  #json: string | undefined = undefined;

  constructor(ad: Ad) {
    // The bitmaps and the running totals lean on all of this; decide.ts has refused everything else.
    assert(Number.isSafeInteger(ad.startAt) && Number.isSafeInteger(ad.endAt), 'an instant is no integer');
    assert(ad.startAt < ad.endAt, 'an ad ends before it starts');
    const ageStart = ad.ageStart ?? ageMin;
    const ageEnd = ad.ageEnd ?? ageMax;
    assert(ageStart >= ageMin && ageStart <= ageEnd && ageEnd <= ageMax, 'an age is out of range');
    this.ad = ad;
    this.bytes = adBytes(ad);
  }

  get json(): string {
    return (this.#json ??= adToJson(this.ad));
  }

  isActive(atMs: number): boolean {
    return this.ad.startAt <= atMs && atMs < this.ad.endAt;
  }
}
