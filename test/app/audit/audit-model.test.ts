import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { auditLimits, type AuditLimits } from '../../../lib/app/audit/audit-limits.ts';
import type { AuditReport } from '../../../lib/app/audit/audit-report.ts';
import { createRedrive } from '../../../lib/app/quarantine/redrive.ts';
import { createAuditWorld, type AuditWorld } from '../../support/audit-world.ts';
import { garbage, increment, keyed, type Logged } from '../../support/counter-world.ts';
import { adId, tracked } from '../../support/tracked-world.ts';

/** What became of a record; `refused`: it is no event, and was given up. */
type Fate = 'waits' | 'counted' | 'quarantined' | 'dropped' | 'refused';

interface Entry {
  readonly logged: Logged;
  readonly shardId: string;
  readonly sequenceNumber: string;
  fate: Fate;
}

type Step =
  | { readonly type: 'append'; readonly key: number; readonly lane: number; readonly value: number }
  | { readonly type: 'append-keyed'; readonly key: number; readonly lane: number; readonly value: number }
  | { readonly type: 'copy'; readonly which: number; readonly lane: number }
  | { readonly type: 'garbage'; readonly key: number }
  | {
      readonly type: 'track';
      readonly ad: number;
      readonly decision: number;
      readonly kind: 'impression' | 'click';
      readonly invalid: 'bot' | 'prefetch' | undefined;
    }
  | { readonly type: 'count'; readonly records: number; readonly shard: number | undefined }
  | { readonly type: 'give-up'; readonly shard: number }
  | { readonly type: 'redrive' | 'drop'; readonly which: number }
  | { readonly type: 'reshard'; readonly shard: number }
  | { readonly type: 'tamper'; readonly key: number; readonly by: bigint }
  | { readonly type: 'audit' };

const some = fc.nat({ max: 5 });
const key = fc.nat({ max: 2 });
// Multiples that no changes of a total reach: one that makes up for a lost record cannot be told.
const value = fc.integer({ min: 1, max: 1000 }).map((thousands) => thousands * 1000);
const lane = fc.nat({ max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('append'), key, lane, value }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('append-keyed'), key, lane, value }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('copy'), which: some, lane }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('garbage'), key }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('track'),
      ad: fc.nat({ max: 1 }),
      decision: fc.nat({ max: 3 }),
      kind: fc.constantFrom('impression', 'click'),
      invalid: fc.constantFrom(undefined, undefined, undefined, 'bot', 'prefetch'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('count'),
      records: fc.integer({ min: 1, max: 4 }),
      shard: fc.option(some, { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('give-up'), shard: some }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('redrive', 'drop'), which: some }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reshard'), shard: some }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('tamper'), key, by: fc.constantFrom(-2n, 1n, 7n) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('audit') }) },
);

/** As small as can be, so that few records fill pages, looks and slices. */
const limits: fc.Arbitrary<AuditLimits> = fc
  .record({
    recordsPerRead: fc.integer({ min: 1, max: 3 }),
    recordsPerLook: fc.integer({ min: 1, max: 4 }),
    keysPerSlice: fc.integer({ min: 1, max: 3 }),
  })
  .map((small) => ({ ...auditLimits, ...small }));

/** A pipeline whose every record the test follows, and what an audit of it must report. */
class Model {
  readonly world: AuditWorld;
  readonly entries: Entry[] = [];
  readonly #keyed: Logged[] = [];
  readonly #tampered = new Map<string, bigint>();

  constructor(limits: AuditLimits) {
    this.world = createAuditWorld({}, limits);
  }

  async take(step: Step): Promise<void> {
    switch (step.type) {
      case 'append':
        return this.#append(increment(`k${step.key}`, step.value), step.lane);
      case 'append-keyed': {
        const logged = keyed(`k${step.key}`, step.value);
        this.#keyed.push(logged);
        return this.#append(logged, step.lane);
      }
      case 'copy': {
        const logged = this.#keyed.at(-1 - step.which);
        return logged === undefined ? undefined : this.#append(logged, step.lane);
      }
      case 'garbage':
        return this.#append(garbage(`k${step.key}`));
      case 'track': {
        const { ad, decision, kind, invalid } = step;
        const id = `${kind === 'click' ? 'c' : 'a'}${ad}${decision}`.padEnd(32, '0');
        return this.#append(tracked({ id, kind, ad: adId(ad), ...(invalid && { invalid }) }));
      }
      case 'count':
        return this.#count(step.records, step.shard);
      case 'give-up':
        return this.#giveUp(step.shard);
      case 'redrive':
      case 'drop':
        return this.#end(step);
      case 'reshard':
        // A child is read after its parents.
        await this.#count(Infinity, undefined);
        return this.#reshard(step.shard);
      case 'tamper':
        // An audit compares what is in the log.
        if (!this.entries.some(({ logged }) => logged.event?.key === `k${step.key}`)) return undefined;
        this.#tampered.set(`k${step.key}`, (this.#tampered.get(`k${step.key}`) ?? 0n) + step.by);
        return this.world.tamper(`k${step.key}`, step.by);
      case 'audit':
        this.#check(await this.world.audit());
        return undefined;
    }
  }

  #check(report: AuditReport): void {
    const copies = [...Map.groupBy(this.#events(), ({ logged }) => logged.event?.id).values()];
    const sum = (isWanted: (fates: readonly Fate[]) => boolean): bigint =>
      copies.reduce((all, entries) => {
        const isIn = isWanted(entries.map(({ fate }) => fate));
        return isIn ? all + BigInt(entries[0]?.logged.event?.value ?? 0) : all;
      }, 0n);
    const tampered = [...this.#tampered].filter(([, by]) => by !== 0n);
    const isCounted = (fates: readonly Fate[]): boolean => fates.includes('counted');
    const isWaiting = (fates: readonly Fate[]): boolean => fates.every((fate) => fate === 'waits');
    const isOut = (fates: readonly Fate[]): boolean => !isCounted(fates) && !isWaiting(fates);
    const countedOf = (key: string): bigint =>
      copies
        .filter((entries) => entries[0]?.logged.event?.key === key)
        .filter((entries) => isCounted(entries.map(({ fate }) => fate)))
        .reduce((all, entries) => all + BigInt(entries[0]?.logged.event?.value ?? 0), 0n);
    const byKey = (a: { readonly key: string }, b: { readonly key: string }): number =>
      a.key < b.key ? -1 : 1;
    expect({
      ...report,
      different: report.different
        .map(({ key, expected, difference }) => ({ key, expected, by: difference }))
        .sort(byKey),
    }).toEqual({
      status: tampered.length > 0 ? 'different' : 'equal',
      counters: new Set(this.entries.flatMap(({ logged }) => counterOf(logged) ?? [])).size,
      different: tampered.map(([key, by]) => ({ key, expected: countedOf(key), by })).sort(byKey),
      notAuditable: 0,
      accepted: sum(() => true),
      counted: sum(isCounted) + tampered.reduce((all, [, by]) => all + by, 0n),
      inFlight: sum((fates) => isWaiting(fates)),
      quarantined: sum((fates) => isOut(fates) && fates.includes('quarantined')),
      dropped: sum((fates) => isOut(fates) && !fates.includes('quarantined')),
      unreadable: this.entries.filter(({ logged }) => counterOf(logged) === undefined).length,
      tracked: BigInt(this.entries.filter(({ logged }) => 'tracked' in logged).length),
    });
  }

  #events(): Entry[] {
    return this.entries.filter(({ logged }) => logged.event !== undefined);
  }

  /** On another lane a copy may be on another shard, where it can be counted first. */
  async #append({ partitionKey, ...rest }: Logged, lane = 0): Promise<void> {
    const logged = { ...rest, partitionKey: `${partitionKey}${lane === 0 ? '' : `\u0001lane-${lane}`}` };
    const [result] = await this.world.increments.append([logged]);
    if (result?.status !== 'appended') throw new Error('not appended');
    const { shardId, sequenceNumber } = result;
    this.entries.push({ logged, shardId, sequenceNumber, fate: 'waits' });
  }

  /** `shard`: only in one of those where records wait. */
  async #count(records: number, shard: number | undefined): Promise<void> {
    const waiting = Map.groupBy(
      this.entries.filter(({ fate }) => fate === 'waits'),
      ({ shardId }) => shardId,
    );
    const shardIds = [...waiting.keys()];
    const only = shard === undefined ? undefined : shardIds[shard % shardIds.length];
    await this.world.count(records, only);
    for (const [shardId, entries] of waiting) {
      if (only !== undefined && shardId !== only) continue;
      for (const entry of entries.slice(0, records)) this.#settle(entry);
    }
  }

  /** A later copy is settled as a repeat: what counts is that one of them was counted. */
  #settle(entry: Entry): void {
    entry.fate = counterOf(entry.logged) === undefined ? 'refused' : 'counted';
  }

  async #giveUp(shard: number): Promise<void> {
    const waiting = this.entries.filter(({ fate }) => fate === 'waits');
    const shardIds = [...new Set(waiting.map(({ shardId }) => shardId))];
    const shardId = shardIds[shard % shardIds.length];
    const next = waiting.find((entry) => entry.shardId === shardId);
    if (next === undefined) return;
    await this.world.giveUpNext(next.shardId);
    next.fate = counterOf(next.logged) === undefined ? 'refused' : 'quarantined';
  }

  async #end({ type, which }: { readonly type: 'redrive' | 'drop'; readonly which: number }): Promise<void> {
    const quarantined = this.entries.filter(({ fate }) => fate === 'quarantined');
    const entry = quarantined[which % quarantined.length];
    if (entry === undefined) return;
    const { shardId, sequenceNumber } = entry;
    const id = { stream: 'increments', epoch: '1', shardId, sequenceNumber } as const;
    await createRedrive(this.world.ports)[type](id);
    entry.fate = type === 'redrive' ? 'counted' : 'dropped';
  }

  async #reshard(shard: number): Promise<void> {
    const open = (await this.world.increments.shards()).filter(({ closed }) => !closed);
    const shardId = open[shard % open.length]?.shardId ?? '';
    if (open.length < 6) await this.world.increments.reshard({ type: 'split', shardId });
  }
}

/** The counter of an event; undefined: it is none. */
function counterOf(logged: Logged): string | undefined {
  return 'tracked' in logged ? logged.partitionKey : logged.event?.key;
}

describe('an audit of any pipeline', () => {
  it('reports what a plain model of the records says, run after run', async () => {
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { minLength: 3, maxLength: 30 }), async (drawn, steps) => {
        const model = new Model(drawn);
        for (const each of steps) await model.take(each);
        await model.take({ type: 'audit' });
      }),
      { numRuns: 150 },
    );
  });
});
