import type { WholeTable } from './whole-table.ts';

/** The tables that a log fills: a restored one gets what it lacks from its log. */
export const restorableTables = ['ads', 'counters'] as const;
export type RestorableTable = (typeof restorableTables)[number];

/** A mapping that delivers records of a log to their consumer. */
export interface Feed {
  readonly id: string;
  readonly stopped: boolean;
  readonly state: string;
}

/**
 * The live tables of a deployed stage and those restored from a backup. All methods reject with an Error for
 * the operator.
 */
export interface RestorableTables {
  live(table: RestorableTable): Promise<WholeTable>;
  /** `name`: the name given to the restore. */
  restored(table: RestorableTable, name: string): Promise<WholeTable>;
  /** The mappings of the function that writes this table from its log. */
  feeds(table: RestorableTable): Promise<readonly Feed[]>;
}
