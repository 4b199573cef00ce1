import type { LogPosition } from '../../core/log-position.ts';
import type { LogHistory } from '../../ports/log-history.ts';
import type { Ports } from '../ports.ts';

/** A record of the log that its counter had not reached when it was last looked at. */
export interface PendingRecord {
  /** The attribute of the counter item that moves over it. */
  readonly mark: string;
  readonly sequenceNumber: string;
  readonly value: bigint;
}

/** What the log says about one counter, as far as it has been read. */
export interface Account {
  /** The sum of the records that the counter's marks have passed; an event id that came again adds nothing. */
  settled: bigint;
  /** In the order of the log. */
  pending: PendingRecord[];
  /**
   * What the counter held beyond the log when it was first looked at: its beginning is not known, and what comes after
   * is all that can be checked. undefined: the log is known from its first record on.
   */
  baseline: bigint | undefined;
}

/** A record that has a value and was given up: it is in `settled` and not in the total. */
export interface Withheld {
  readonly key: string;
  readonly position: LogPosition;
  readonly value: bigint;
}

/** All that an audit keeps from run to run. */
export interface AuditBook {
  readonly epoch: string;
  /** The log has been read from its first record on, without a gap. */
  whole: boolean;
  /** Wall time of the last run; undefined: there was none. */
  ranAtMs: number | undefined;
  /** By shard: the last number read; undefined: nothing yet. */
  readonly positions: Map<string, string | undefined>;
  readonly accounts: Map<string, Account>;
  /** Event ids of keyed requests, and when they arrived. */
  readonly keyedIds: Map<string, number>;
  /** By position (core/log-position.ts). */
  readonly withheld: Map<string, Withheld>;
  /** Of counters that differ: records that may yet turn out to have been given up. */
  readonly suspects: Map<string, readonly PendingRecord[]>;
  /** Records that are no event: what they should have added is unknown. */
  unreadable: number;
}

/** Of the streams: an operator raises it when one is replaced, and the counters go on. */
const firstEpoch = '1';

export function emptyBook(epoch: string): AuditBook {
  return {
    epoch,
    // The log of a later one does not begin where the counters did.
    whole: epoch === firstEpoch,
    ranAtMs: undefined,
    positions: new Map(),
    accounts: new Map(),
    keyedIds: new Map(),
    withheld: new Map(),
    suspects: new Map(),
    unreadable: 0,
  };
}

/** `history`: of `increments`. */
export type ComparePorts = Pick<Ports, 'state' | 'clock'> & { readonly history: LogHistory };
export type AuditPorts = ComparePorts & Pick<Ports, 'telemetry'>;
