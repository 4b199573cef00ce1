import { restoreTable, type TableDifference } from '../app/restore/restore-table.ts';
import { restorableTables, type RestorableTable } from '../ports/restorable-tables.ts';
import { choice, commandLine, flag, text, UsageError } from '../options.ts';
import type { OperatorStage } from './operator-stage.ts';
import { exitCodes, parseStageArguments, type StageCommand } from './stage-command.ts';

export interface RestoreOptions {
  readonly table: RestorableTable;
  readonly from: string;
  readonly apply: boolean;
  readonly json: boolean;
}

const help = `Compares a live table of a deployed stage with one that DynamoDB restored, and can copy the differences:
  ${commandLine('restore')} --stage <name> --table <table> --from <restored table> [options]

  --stage <name>   dev, staging, prod or localstack
  --stack <name>   the stack that has the stage (default adtally-<stage>)
  --table <table>  ${restorableTables.join(' or ')}
  --from <name>    the restored table, by its name in AWS
  --apply          put items that are missing or differ, delete surplus ones; without it nothing is written
  --json           one JSON object
  --help           this text
  --version        the version

--apply requires that the consumer of the table's log is stopped; otherwise records would be lost. The command
checks this. Deliver the log again afterwards: docs/operations.md, Back up and restore.
Exit codes: 0 the same (with --apply: now), 1 something differs, 2 wrong arguments, 3 the consumer is not stopped
(nothing was written) or the table still changes (the copy may be incomplete), 4 the stage or the restored table
cannot be opened.
`;

const ownOptions = {
  table: choice(restorableTables, { about: 'the live table' }),
  from: text('the name of the restored table', { about: 'the restored table' }),
  apply: flag('put items that are missing or differ, delete surplus ones'),
};

export const restoreCommand: StageCommand<RestoreOptions> = {
  name: 'restore',
  help,
  parse(args) {
    const { location, values } = parseStageArguments(args, ownOptions);
    const { table, from, apply, json } = values;
    if (location.data !== undefined)
      throw new UsageError('--data must not be given; only tables of a deployed stage are restored');
    if (location.stage === 'local')
      throw new UsageError(
        '--stage must name a deployed stage, whose tables are restored so; of a data folder keep a copy (the command backup)',
      );
    if (table === undefined)
      throw new UsageError(`--table is missing; it must be one of ${restorableTables.join(', ')}`);
    if (from === undefined)
      throw new UsageError('--from is missing; it must be the name of the restored table');
    return { location, options: { table, from, apply, json } };
  },
  async run(stage, options, write) {
    const { table, from, apply, json } = options;
    const say = (facts: Record<string, unknown>, text: string): void => {
      write(json ? `${JSON.stringify(facts)}\n` : `${text}\n`);
    };
    const tables = tablesOf(stage);
    const pair = { live: await tables.live(table), restored: await tables.restored(table, from) };
    if (apply) {
      const running = (await tables.feeds(table)).filter(({ stopped }) => !stopped);
      for (const { id, state } of running) {
        say({ running: id, state }, `the mapping ${id} is ${state}: stop it first (docs/operations.md)`);
      }
      if (running.length > 0) return exitCodes.undecidable;
      const done = await restoreTable(pair, { apply: true });
      say({ table, from, restored: done }, `${table}: ${textOf(done)}: repaired`);
    }
    const difference = await restoreTable(pair, { apply: false });
    if (isSame(difference)) {
      say(
        { table, from, items: difference.items, same: true },
        `${table}: ${difference.items} items, the same`,
      );
      return exitCodes.done;
    }
    say({ table, from, same: false, ...difference }, `${table}: ${textOf(difference)}`);
    if (!apply) return exitCodes.found;
    say(
      { undecidable: 'the table still changes' },
      'the table still changes: find out what writes to it, then run this again',
    );
    return exitCodes.undecidable;
  },
};

function tablesOf({ tables }: OperatorStage): NonNullable<OperatorStage['tables']> {
  if (tables === undefined) throw new Error('only a deployed stage has tables to restore');
  return tables;
}

function isSame({ missing, differing, surplus }: TableDifference): boolean {
  return missing + differing + surplus === 0;
}

function textOf({ items, missing, differing, surplus }: TableDifference): string {
  return `${items} items restored; in the live table ${missing} missing, ${differing} differ, ${surplus} surplus`;
}
