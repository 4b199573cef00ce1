import type { AdReader } from '../../lib/app/ads/ad-reader.ts';
import type { AdWriter } from '../../lib/app/ads/ad-writer.ts';
import type { Idempotency } from '../../lib/app/idempotency.ts';
import type { Clock } from '../../lib/ports/clock.ts';

/** What the three calls of this function work with. */
export interface Parts {
  readonly writer: AdWriter;
  readonly reader: AdReader;
  readonly idempotency: Idempotency;
  readonly clock: Clock;
}
