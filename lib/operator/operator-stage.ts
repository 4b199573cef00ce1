import type { Ports } from '../app/ports.ts';
import type { FailureFiles } from '../ports/failure-files.ts';
import type { LogHistory } from '../ports/log-history.ts';
import type { RestorableTables } from '../ports/restorable-tables.ts';
import type { UsageKeys } from '../ports/usage-keys.ts';

/** The stores of a stage, for a command of its operators. Both logs can be read from their beginning. */
export interface OperatorStage extends Pick<
  Ports,
  'settings' | 'state' | 'quarantine' | 'adEvents' | 'increments' | 'clock' | 'ids' | 'telemetry'
> {
  readonly histories: { readonly adEvents: LogHistory; readonly increments: LogHistory };
  /** What mappings gave up by themselves; undefined in a data folder, whose delivery loop has no such files. */
  readonly failureFiles: FailureFiles | undefined;
  /** Places in the stage's usage plan, where it has one. */
  readonly usageKeys: UsageKeys;
  /** Where an audit keeps its position when nobody says otherwise. */
  readonly auditFile: string;
  /** Copies the stores, as of one instant, into an empty folder; undefined where the stores do that themselves. */
  readonly backup: ((folder: string) => Promise<void>) | undefined;
  /** Undefined in a data folder, which is restored as a whole. */
  readonly tables: RestorableTables | undefined;
  close(): Promise<void>;
}

/** What each kind of stage adds to what all have in common. */
export type OpenedStores = Omit<OperatorStage, keyof CommonPorts>;
export type CommonPorts = Pick<Ports, 'settings' | 'clock' | 'ids' | 'telemetry'>;
