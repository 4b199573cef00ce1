import type { Ports } from '../app/ports.ts';
import type { FailureFiles } from '../ports/failure-files.ts';
import type { LogHistory } from '../ports/log-history.ts';
import type { RestorableTables } from '../ports/restorable-tables.ts';
import type { UsageKeys } from '../ports/usage-keys.ts';

/** The stores of a stage for operator commands, which can read both logs from their beginning. */
export interface OperatorStage extends Pick<
  Ports,
  'settings' | 'state' | 'blobs' | 'quarantine' | 'adEvents' | 'increments' | 'clock' | 'ids' | 'telemetry'
> {
  readonly histories: { readonly adEvents: LogHistory; readonly increments: LogHistory };
  /** Files of batches that mappings gave up; undefined for a data folder, whose delivery loop writes none. */
  readonly failureFiles: FailureFiles | undefined;
  /** The API keys of the stage's usage plan, if it has one. */
  readonly usageKeys: UsageKeys;
  /** The default file for the position of an audit. */
  readonly auditFile: string;
  /** Copies the stores consistently into an empty folder; undefined if the stores have their own backup. */
  readonly backup: ((folder: string) => Promise<void>) | undefined;
  /** Undefined for a data folder, which is restored as a whole. */
  readonly tables: RestorableTables | undefined;
  close(): Promise<void>;
}

/** The members that each kind of stage adds. */
export type OpenedStores = Omit<OperatorStage, keyof CommonPorts>;
export type CommonPorts = Pick<Ports, 'settings' | 'clock' | 'ids' | 'telemetry'>;
