import { existsSync, realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { dataFile } from '../adapters/lmdb/data-file.ts';
import { makeDataFolder } from '../adapters/lmdb/data-folder.ts';
import { commandLine, nearestExisting, requireNewFolder, text, UsageError } from '../options.ts';
import { defaultFolder } from './open-stage.ts';
import { exitCodes, parseStageArguments, type StageCommand } from './stage-command.ts';

export interface BackupOptions {
  readonly to: string;
  readonly json: boolean;
}

const help = `Copies a data folder consistently while a server runs: ${commandLine('backup')} --to <folder> [options]

  --to <folder>    a new or empty folder; ${commandLine('start')} --data <folder> can run on it
  --stage <name>   the stage that the server runs with (default local)
  --data <folder>  the data folder (default .adtally)
  --json           one JSON object
  --help           this text
  --version        the version

DynamoDB backs up a deployed stage, to any second of the last 35 days (docs/operations.md).
Exit codes: 0 done, 2 wrong arguments, 4 the folder cannot be opened, or the copy failed.
`;

const ownOptions = { to: text('the name of a folder', { about: 'absent or empty' }) };

export const backupCommand: StageCommand<BackupOptions> = {
  name: 'backup',
  help,
  parse(args) {
    const { location, values } = parseStageArguments(args, ownOptions);
    const { to, json } = values;
    if (to === undefined) throw new UsageError('--to is missing; it must be the name of a folder');
    if (location.data === undefined && location.stage !== 'local')
      throw new UsageError('--data is missing; only a data folder is backed up here');
    requireNewFolder('to', to);
    const from = location.data ?? defaultFolder;
    if (isInside(to, from))
      throw new UsageError(`--to must not be in the data folder ${from}; choose a folder outside; got ${to}`);
    return { location, options: { to, json } };
  },
  async run(stage, { to, json }, write) {
    if (stage.backup === undefined)
      throw new Error('this command backs up only a data folder; DynamoDB backs up a deployed stage');
    makeDataFolder(to);
    await stage.backup(to);
    write(json ? `${JSON.stringify({ backup: dataFile(to) })}\n` : `${to} is now a complete data folder\n`);
    return exitCodes.done;
  },
};

/** Also through symbolic links. The inner path need not exist. */
function isInside(inner: string, outer: string): boolean {
  if (!existsSync(outer)) return false;
  return `${realpathSync(nearestExisting(inner))}${sep}`.startsWith(`${realpathSync(outer)}${sep}`);
}
