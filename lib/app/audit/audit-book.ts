import { positionText, type LogPosition } from '../../core/log-position.ts';
import type { LogHistory } from '../../ports/log-history.ts';
import type { Ports } from '../ports.ts';
import type { AuditLimits } from './audit-limits.ts';

/** A record of the log that its counter's marks had not passed at the last read. */
export interface PendingRecord {
  /** The attribute of the mark that will pass it. */
  readonly mark: string;
  readonly sequenceNumber: string;
  /** 0 once another record of the event has been settled. */
  readonly value: bigint;
  /** The id of a keyed event, which may have several records. */
  readonly eventId: string | undefined;
}

/** The audit's figures of one counter, as far as the log has been read. */
export interface Account {
  /** The sum of the records that the counter's marks have passed; a repeated event id adds nothing. */
  settled: bigint;
  /** In the order of the log. */
  pending: PendingRecord[];
  /**
   * The part of the total that is not from the log, at the first read: the beginning of the log is unknown,
   * so only later records can be checked. undefined: the log is known from its first record on.
   */
  baseline: bigint | undefined;
}

/** A record with a value that was given up: it is in `settled` and not in the total. `key`: of its account. */
export interface Withheld {
  readonly key: string;
  readonly position: LogPosition;
  readonly value: bigint;
  /** The id of a keyed event: it is withheld only while none of its records has been counted. */
  readonly eventId: string | undefined;
}

/**
 * What a run knew when it began. A run that compares after others were late must look for given-up records in all
 * that they have read.
 */
export interface RunStart {
  readonly positions: ReadonlyMap<string, string | undefined>;
  /** By counter: the records that were pending. */
  readonly waiting: ReadonlyMap<string, readonly PendingRecord[]>;
  /** As in AuditReader, of what has been read since. */
  readonly copies: ReadonlySet<string>;
  readonly withCopies: ReadonlySet<string>;
}

/** Everything that an audit keeps from run to run. */
export interface AuditBook {
  readonly epoch: string;
  /** The log has been read from its first record on, without a gap. */
  whole: boolean;
  /** When the last run began, by the wall clock; undefined: there was none. */
  ranAtMs: number | undefined;
  /** By shard: the last number read; undefined: nothing yet. */
  readonly positions: Map<string, string | undefined>;
  /** By counter key; the numbers of an ad's counter that are not its total have their own (audited-number.ts). */
  readonly accounts: Map<string, Account>;
  /** Event ids of keyed requests, and when they arrived. */
  readonly keyedIds: Map<string, number>;
  /** By `withheldName`. */
  readonly withheld: Map<string, Withheld>;
  /** For counters that differ: records that may have been given up. */
  readonly suspects: Map<string, readonly PendingRecord[]>;
  /** Of the first late run since the last whole one; undefined: the last run was whole. */
  began: RunStart | undefined;
  /** Records that are not events: their values are unknown. */
  unreadable: number;
}

/** One record may be withheld from several accounts. */
export function withheldName(key: string, position: LogPosition): string {
  return `${positionText(position)} ${key}`;
}

/** The first epoch of a stream. An operator raises it when a stream is replaced; the counters stay. */
const firstEpoch = '1';

export function emptyBook(epoch: string): AuditBook {
  return {
    epoch,
    // The log of a later epoch does not begin where the counters did.
    whole: epoch === firstEpoch,
    ranAtMs: undefined,
    positions: new Map(),
    accounts: new Map(),
    keyedIds: new Map(),
    withheld: new Map(),
    suspects: new Map(),
    began: undefined,
    unreadable: 0,
  };
}

/** `history`: of `increments`. `limits`: default `auditLimits`. */
export type ComparePorts = Pick<Ports, 'clock'> & {
  readonly state: Pick<Ports['state'], 'getMany'>;
  readonly history: LogHistory;
  readonly limits?: AuditLimits;
};
export type RunPorts = ComparePorts & {
  /** The run is to end: it then rejects with an AuditUnfinishedError. Default: never. */
  readonly isLate?: () => boolean;
};
export type AuditPorts = RunPorts & Pick<Ports, 'telemetry'>;

/** A run was late. The book holds what the run has read: keep it, and the next run goes on from there. */
export class AuditUnfinishedError extends Error {
  override readonly name = 'AuditUnfinishedError';
}
