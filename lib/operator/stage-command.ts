import { isPortError } from '../ports/port-error.ts';
import {
  commandName,
  flag,
  type Options,
  parseOptions,
  refuseIgnored,
  runCommand,
  text,
  UsageError,
  type Values,
} from '../options.ts';
import { SettingsError } from '../settings/resolve-stage.ts';
import { configOption, readSettings, settingsFiles } from '../settings/settings-file.ts';
import { stageNames, type StageSettings } from '../stages.ts';
import { openStage, type StageLocation } from './open-stage.ts';
import type { OperatorStage } from './operator-stage.ts';

/** The exit codes of every operator command. */
export const exitCodes = {
  done: 0,
  /** Something differs, does not exist, or was refused. */
  found: 1,
  wrongArguments: 2,
  /** The command cannot decide: the log no longer holds what it needs. */
  undecidable: 3,
  /** The stage cannot be opened, or does not answer. */
  failed: 4,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export type Write = (text: string) => void;

export interface StageCommand<Given> {
  /** As in `commandLine`. */
  readonly name: string;
  readonly help: string;
  /** Reads the command line; throws a UsageError. */
  parse(args: readonly string[]): Parsed<Given>;
  /** Before the stage is opened: throws a UsageError if its settings do not allow what is asked. Default: nothing. */
  check?(settings: StageSettings, parsed: Parsed<Given>): void;
  run(stage: OperatorStage, options: Given, write: Write): Promise<ExitCode>;
}

export interface Parsed<Given> {
  readonly location: StageLocation;
  readonly options: Given;
}

export const stageOptionsHelp = `  --stage <name>   ${stageNames.join(', ')} (default local: a data folder of ${commandName('start')})
  --data <folder>  the data folder (default .adtally), whether ${commandName('start')} runs on it or not
  --stack <name>   the stack that has the deployed stage (default adtally-<stage>)
  --config <file>  stages of your own (default: ${settingsFiles.join(' or ')} here, if there is one)
  --json           one JSON object per line
  --help           this text
  --version        the version
`;

/** Runs a command on the process's arguments and standard streams, and sets its exit code. */
export async function runStageCommand<Given>(command: StageCommand<Given>): Promise<void> {
  await runCommand({
    name: command.name,
    usage: command.help,
    read: (args) => command.parse(args),
    run: async ({ location, options }) => {
      try {
        command.check?.(await readSettings(location.stage, location.config), { location, options });
        const stage = await openStage(location);
        try {
          return await command.run(stage, options, (line) => void process.stdout.write(line));
        } finally {
          await stage.close();
        }
      } catch (error) {
        process.stderr.write(`${failureText(error)}\n`);
        return isOfPerson(error) ? exitCodes.wrongArguments : exitCodes.failed;
      }
    },
  });
}

const stageOptions = {
  stage: text('the name of a stage', {
    ...{ argument: '<name>', about: 'whose', default: 'local', names: stageNames },
  }),
  data: text('the name of a folder', { argument: '<folder>', about: 'the data folder' }),
  stack: text('the name of a stack', { argument: '<name>', about: 'the stack that has the deployed stage' }),
  config: configOption,
  json: flag('one JSON object a line'),
};

/** The file of an audit. */
export const fileOption = text('the name of a file', { argument: '<file>', about: 'the file of an audit' });

/** Reads what every command has, and its own options; throws a UsageError. */
export function parseStageArguments<Own extends Options>(args: readonly string[], own: Own, wordsMax = 0) {
  const { values, words, given } = parseOptions(args, { ...own, ...stageOptions }, wordsMax);
  const { stage, data, stack, config } = values as Values<typeof stageOptions>;
  if (stack !== undefined && (data !== undefined || stage === 'local'))
    throw new UsageError('--stack is for a deployed stage: name that with --stage, and no --data');
  /** Throws a UsageError for an own option that `verb` does not take. */
  const allow = (verb: string, taken: readonly (keyof Own & string)[]): void => {
    refuseIgnored(given, verb, [...taken, ...Object.keys(stageOptions)]);
  };
  return { location: { stage, data, stack, config }, values, words, allow };
}

function isOfPerson(error: unknown): boolean {
  return error instanceof SettingsError || error instanceof UsageError;
}

function failureText(error: unknown): string {
  if (isPortError(error)) return `the stage does not answer (${error.code}): ${error.message}; try again`;
  return error instanceof Error ? error.message : String(error);
}
