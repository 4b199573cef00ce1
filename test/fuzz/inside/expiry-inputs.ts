import fc from 'fast-check';
import { createExpireAd } from '../../../functions/expire-ad/expire-ad.ts';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import type { AdEvent } from '../../../lib/core/ads/ad-event.ts';
import { adEpochMs, adId } from '../../support/ad-builder.ts';
import { eventId } from '../../support/ad-event-builder.ts';
import { adContents } from '../../support/ad-event-arbitraries.ts';
import { createAdWorld, projectAll, recordsOf, recoverState } from '../../support/ad-world.ts';
import { add } from '../http/tally.ts';
import { expectSame } from './increment-records.ts';
import { hostileValues, mutations, type Mutation } from './mutations.ts';

interface Input {
  readonly ad: number;
  readonly offMs: number;
  readonly change: Mutation;
}

export interface ExpiryCase {
  readonly contents: readonly (typeof adContents extends fc.Arbitrary<infer T> ? T : never)[];
  readonly inputs: readonly Input[];
  /** Inputs that are no objects of ours at all. */
  readonly others: readonly unknown[];
}

export const expiryCases: fc.Arbitrary<ExpiryCase> = fc.record({
  contents: fc.array(adContents, { minLength: 1, maxLength: 5 }),
  inputs: fc.array(
    fc.record({ ad: fc.nat(6), offMs: fc.constantFrom(0, 0, 0, 1, -1, 10_000_000), change: mutations }),
    { maxLength: 12 },
  ),
  others: fc.array(hostileValues(), { maxLength: 4 }),
});

const hourMs = 3_600_000;

/**
 * Ads, and expiries that name them rightly or wrongly: those go that have ended, and no other. Rejects when
 * not.
 */
export async function runExpiries(
  { contents, inputs, others }: ExpiryCase,
  ends: Map<string, number>,
): Promise<void> {
  const world = createAdWorld();
  const projector = createAdProjector(world.ports);
  // Some end before the world's clock, and some long after it.
  const created = contents.map((ad, index): AdEvent => {
    const endAt = index % 2 === 0 ? adEpochMs - 2 * hourMs + index : adEpochMs + 24 * hourMs;
    const at = adEpochMs - 3 * hourMs;
    return {
      v: 3,
      type: 'AdCreated',
      id: eventId(`e${index}`),
      at,
      adId: adId(index),
      ad: { ...ad, startAt: at, endAt },
    };
  });
  await projectAll(projector, recordsOf(created));
  const before = await recoverState(world.ports);
  const expire = createExpireAd(world.ports);
  const gone = new Set<string>();
  const given = inputs.map(({ ad, offMs, change }): unknown => {
    const event = created[ad];
    const endAtMs = (event?.type === 'AdCreated' ? event.ad.endAt : adEpochMs) + offMs;
    return parse(change.apply(Buffer.from(JSON.stringify({ adId: adId(ad), endAtMs }))));
  });
  let logged = 0;
  for (const input of [...given, ...others]) {
    const right = isInput(input);
    const due = right && input.endAtMs <= world.clock.nowMs();
    let failed = false;
    try {
      await expire(input as never, {} as never);
    } catch (error) {
      failed = true;
      expectSame(error instanceof Error ? error.name : error, 'ZodError', 'the name of the error');
    }
    expectSame(failed, !right, `refusal of ${JSON.stringify(input).slice(0, 200)}`);
    if (due) {
      logged += 1;
      const ad = before.ads.get(input.adId);
      // An ad that ended before that instant has ended too; one whose end has moved behind it stays.
      if (ad !== undefined && ad.endAt <= input.endAtMs) gone.add(input.adId);
    }
    add(ends, right ? (due ? 'expired' : 'too early') : 'refused');
  }
  const shards = await world.adEvents.shards();
  const records = await world.adEvents.read(shards[0]?.shardId ?? '', undefined, {
    recordsMax: 1000,
    bytesMax: Infinity,
  });
  expectSame(records.length, logged, 'records logged');
  const offset = created.length;
  await projectAll(
    projector,
    records.map((record, index) => ({ ...record, sequenceNumber: String(offset + index + 1) })),
  );
  const after = await recoverState(world.ports);
  const wanted = [...before.ads.keys()].filter((id) => !gone.has(id));
  expectSame(new Set(after.ads.keys()), new Set(wanted), 'ads left');
}

/** Scheduler sends JSON; what is none it would have refused. */
function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return bytes.toString();
  }
}

function isInput(input: unknown): input is { readonly adId: string; readonly endAtMs: number } {
  if (typeof input !== 'object' || input === null) return false;
  const { adId: id, endAtMs } = input as Record<string, unknown>;
  if (typeof id !== 'string' || !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return false;
  return Number.isSafeInteger(endAtMs) && (endAtMs as number) >= 0;
}
