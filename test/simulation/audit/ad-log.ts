import { decodeAdEvent } from '../../../lib/app/ads/ad-event-codec.ts';
import type { AdEvent } from '../../../lib/core/ads/ad-event.ts';
import { controlEventOf } from './control-event.ts';
import type { AppendedRecord } from './auditor.ts';
import { demand } from './demand.ts';

/** A record of ad-events and its result. */
export interface LoggedEvent {
  /** Its place in the order of the appends. */
  readonly index: number;
  readonly record: AppendedRecord;
  /** undefined: not an event of an ad. */
  readonly event: AdEvent | undefined;
  /** It tells of a change of the control item: it is settled, and nothing comes of it. */
  readonly isControl: boolean;
  /** The version of the model once it was settled; undefined: not settled. */
  versionAfter?: number;
  /** True time. */
  settledAtMs?: number;
}

/**
 * A client's traceparent: the trace is one wish, whatever it takes to fulfil it; the span is one attempt at
 * it.
 */
export interface Trace {
  readonly wish: string;
  readonly attempt: string;
}

export function parseTrace(traceparent: string | undefined): Trace | undefined {
  const [, wish, attempt] = traceparent?.split('-') ?? [];
  return wish === undefined || attempt === undefined ? undefined : { wish, attempt };
}

const noEvents: readonly LoggedEvent[] = [];

/** Everything that the log of ad events took, in its order. */
export class AdLog {
  readonly records: LoggedEvent[] = [];
  readonly #byPosition = new Map<string, LoggedEvent>();
  readonly #byWish = new Map<string, LoggedEvent[]>();
  #settled = 0;

  append(record: AppendedRecord): LoggedEvent {
    const decoded = decodeAdEvent(record.data);
    const event = decoded.status === 'ok' ? decoded.event : undefined;
    const isControl = controlEventOf(record.data) !== undefined;
    const logged: LoggedEvent = { index: this.records.length, record, event, isControl };
    this.records.push(logged);
    this.#byPosition.set(`${record.epoch}.${record.shardId}.${record.sequenceNumber}`, logged);
    const wish = parseTrace(event?.traceparent)?.wish;
    if (wish !== undefined) this.#byWish.set(wish, [...this.ofWish(wish), logged]);
    return logged;
  }

  at(epoch: string, shardId: string, sequenceNumber: string): LoggedEvent | undefined {
    return this.#byPosition.get(`${epoch}.${shardId}.${sequenceNumber}`);
  }

  /**
   * The record that an ads token stands for; 'none': a token that everybody meets; undefined: nothing of
   * ours.
   */
  ofToken(token: string): LoggedEvent | 'none' | undefined {
    const [kind, , epoch = '', shardId = '', number = ''] = token.split('.');
    if (kind !== 'a2') return undefined;
    return shardId === 'none' ? 'none' : this.at(epoch, shardId, number);
  }

  ofWish(wish: string): readonly LoggedEvent[] {
    return this.#byWish.get(wish) ?? noEvents;
  }

  /**
   * The records that a mark at this position settles anew, in order; the mark must not pass over any of
   * another shard, unless it came before `deadBeforeMs` and so has grown too old to be delivered.
   */
  takeThrough(
    epoch: string,
    shardId: string,
    sequenceNumber: string,
    deadBeforeMs: number,
  ): readonly LoggedEvent[] {
    const last = this.at(epoch, shardId, sequenceNumber);
    demand(last !== undefined, 'G3', 'the mark stands on a record that is not in the log', () => ({
      shardId,
      sequenceNumber,
    }));
    const taken = this.records.slice(this.#settled, last.index + 1);
    for (const { record } of taken) {
      demand(
        (record.shardId === shardId && record.epoch === epoch) || record.arrivedAtMs < deadBeforeMs,
        'G3',
        'a record was settled before an older one of another shard',
        () => ({ settled: sequenceNumber, shardId, waiting: record.sequenceNumber, of: record.shardId }),
      );
    }
    this.#settled = Math.max(this.#settled, last.index + 1);
    return taken;
  }

  /**
   * The record of the ad's creation while nothing has come of it yet; undefined: it is settled, or there is
   * none.
   */
  unsettledCreation(adId: string): LoggedEvent | undefined {
    return this.unsettled.find(
      ({ event }) => (event?.type === 'AdCreated' || event?.type === 'AdImported') && event.adId === adId,
    );
  }

  get unsettled(): readonly LoggedEvent[] {
    return this.records.slice(this.#settled);
  }
}
