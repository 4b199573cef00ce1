import type { WholeTable } from './whole-table.ts';

/** The tables that a log fills: what a restored one lacks, its log brings again. */
export const restorableTables = ['ads', 'counters'] as const;
export type RestorableTable = (typeof restorableTables)[number];

/** One way by which records of a log reach their consumer. */
export interface Feed {
  readonly id: string;
  readonly stopped: boolean;
  readonly state: string;
}

/** The live tables of a deployed stage beside those restored from a backup. All reject with an Error whose message is for the operator. */
export interface RestorableTables {
  live(table: RestorableTable): Promise<WholeTable>;
  /** `name`: as given to the restore. */
  restored(table: RestorableTable, name: string): Promise<WholeTable>;
  /** What feeds the one function that writes this table from its log. */
  feeds(table: RestorableTable): Promise<readonly Feed[]>;
}
