import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dataFile } from '../adapters/lmdb/data-file.ts';
import { exitCodes, parseStageArguments, type StageCommand } from './stage-command.ts';

export interface BackupOptions {
  readonly to: string;
  readonly json: boolean;
}

const help = `Copies a data folder consistently while npm start runs: npm run backup -- --to <folder> [options]

  --to <folder>    a new or empty folder; npm start -- --data <folder> can run on it
  --stage <name>   the stage that npm start runs with (default local)
  --data <folder>  the data folder (default .adtally)
  --json           one JSON object
  --help           this text

DynamoDB backs up a deployed stage, to any second of the last 35 days (docs/operations.md).
Exit codes: 0 done, 2 wrong arguments, 4 the folder cannot be opened, or the copy failed.
`;

export const backupCommand: StageCommand<BackupOptions> = {
  name: 'backup',
  help,
  parse(args) {
    const parsed = parseStageArguments(args, { to: { type: 'string' } });
    if (typeof parsed === 'string') return parsed;
    const { place, positionals } = parsed;
    const values = parsed.values as { json: boolean; to: string | undefined };
    if (positionals[0] !== undefined) return `${positionals[0]}: backup takes options only`;
    if (values.to === undefined || values.to === '') return '--to: missing; name a folder';
    if (place.data === undefined && place.stage !== 'local')
      return '--data: this command backs up only a data folder; DynamoDB backs up a deployed stage';
    if (existsSync(values.to) && readdirSync(values.to).length > 0) return `--to ${values.to}: not empty`;
    return { place, options: { to: values.to, json: values.json } };
  },
  async run(stage, { to, json }, write) {
    if (stage.backup === undefined)
      throw new Error('this command backs up only a data folder; DynamoDB backs up a deployed stage');
    mkdirSync(to, { recursive: true });
    await stage.backup(to);
    write(json ? `${JSON.stringify({ backup: dataFile(to) })}\n` : `${to} is now a complete data folder\n`);
    return exitCodes.done;
  },
};
