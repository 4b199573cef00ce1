import { hashPosition } from '../../../lib/adapters/records/partition-hash.ts';
import { partitionHash } from '../../../lib/adapters/records/partition-hash.ts';
import type { AppendResult, EventLog, LogEntry } from '../../../lib/ports/event-log.ts';
import type { Outage } from '../outage.ts';
import { deathFate } from './death.ts';
import type { ObservedLog } from './observed-log.ts';
import { done, lateness, portCall, type Fate, type PortWorld } from './port-call.ts';

const unknown = (reason: string): AppendResult => ({ status: 'unknown', reason });
const refused = (reason: string): AppendResult => ({ status: 'refused', reason });

class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}
const noAnswer = (): Error => new NoAnswer('no answer');

/** One stream as one container sees it: PutRecords over a network, sent once. */
export function simulateLog(world: PortWorld, observed: ObservedLog, outage: Outage): EventLog {
  const { container, faults } = world;
  const { stream, epoch } = observed.log;

  const callFate = (): Fate => {
    const death = deathFate(world);
    if (death !== undefined) return death;
    if (faults.strikes('append-lost')) return { type: 'refused', error: noAnswer };
    if (faults.strikes('append-unconfirmed')) return { type: 'unanswered', error: noAnswer, lateMs: 0 };
    if (!faults.strikes('append-slow')) return done;
    return { type: 'unanswered', error: noAnswer, lateMs: lateness(faults.prng('append-slow')) };
  };

  /**
   * What the service does with one entry: takes it, or says why not; it may take it and say so all the same.
   */
  const entryFate = (entry: LogEntry): { readonly taken: boolean; readonly told?: AppendResult } => {
    const { hot } = outage;
    const hash = hot === undefined ? 0 : partitionHash(entry.partitionKey);
    const isHot = hot !== undefined && hash >= hot.from && hash < hot.to && container.prng.chance(0.9);
    if (isHot || outage.isOn('log') || faults.strikes('append-entry-throttled')) {
      return { taken: false, told: refused('throttled') };
    }
    if (!faults.strikes('append-entry-failed')) return { taken: true };
    return { taken: container.prng.chance(0.5), told: unknown('InternalFailure') };
  };

  const serve = async (entries: readonly LogEntry[]): Promise<readonly AppendResult[]> => {
    const fates = entries.map(entryFate);
    const taken = entries.map((_, i) => i).filter((i) => fates[i]?.taken === true);
    if (taken.length > 1 && faults.strikes('append-reordered'))
      shuffle(taken, faults.prng('append-reordered'));
    const results = await observed.append(
      taken.map((i) => entries[i] as LogEntry),
      container.id,
    );
    const places = new Map(taken.map((i, place) => [i, place]));
    return entries.map((_, i) => fates[i]?.told ?? results[places.get(i) ?? -1] ?? refused('not taken'));
  };

  return {
    stream,
    epoch,
    hashPosition,
    async append(entries) {
      observed.assertEntries(entries);
      const fate = callFate();
      try {
        return await portCall(world, `append ${stream} ${entries.length}`, fate, async () => {
          if (fate.type === 'unanswered' && faults.strikes('sdk-retry-duplicates'))
            await repeatKeyed(entries);
          return serve(entries);
        });
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        return entries.map(() => unknown('no answer'));
      }
    },
  };

  /** Only what carries claims may ever be in the log twice; the writer itself repeats no other. */
  async function repeatKeyed(entries: readonly LogEntry[]): Promise<void> {
    const claimed = entries.filter(({ data }) => {
      const text = Buffer.from(data);
      return stream === 'ad-events' || text.includes('"keyed":true') || text.includes('"type":"Tracked"');
    });
    if (claimed.length > 0) await observed.append(claimed, container.id);
  }
}

function shuffle(values: number[], prng: { int(from: number, to: number): number }): void {
  for (let i = values.length - 1; i > 0; i -= 1) {
    const other = prng.int(0, i);
    [values[i], values[other]] = [values[other] as number, values[i] as number];
  }
}
