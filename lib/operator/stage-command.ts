import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { isPortError } from '../ports/port-error.ts';
import { isStageName, stageNames } from '../stages.ts';
import { openStage, type StagePlace } from './open-stage.ts';
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

export interface StageCommand<Options> {
  /** As in `npm run <name>`. */
  readonly name: string;
  readonly help: string;
  /** Parses the options of this command; a string is an error message. */
  parse(args: readonly string[]): Parsed<Options> | string;
  run(stage: OperatorStage, options: Options, write: Write): Promise<ExitCode>;
}

export interface Parsed<Options> {
  readonly place: StagePlace;
  readonly options: Options;
}

export const stageOptionsHelp = `  --stage <name>   ${stageNames.join(', ')} (default local: a data folder of npm start)
  --data <folder>  the data folder (default .adtally), whether npm start runs on it or not
  --json           one JSON object per line
  --help           this text
`;

/** Runs a command on the process's arguments and standard streams, and sets its exit code. */
export async function runStageCommand<Options>(command: StageCommand<Options>): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(command.help);
    return;
  }
  const parsed = command.parse(args);
  if (typeof parsed === 'string') {
    process.stderr.write(`${parsed}.\nTry: npm run ${command.name} -- --help\n`);
    process.exitCode = exitCodes.wrongArguments;
    return;
  }
  try {
    const stage = await openStage(parsed.place);
    try {
      process.exitCode = await command.run(stage, parsed.options, (text) => void process.stdout.write(text));
    } finally {
      await stage.close();
    }
  } catch (error) {
    process.stderr.write(`${failureText(error)}\n`);
    process.exitCode = exitCodes.failed;
  }
}

/** Parses the arguments by name; a string is an error message. */
export function parseStageArguments<Config extends ParseArgsOptionsConfig>(
  args: readonly string[],
  config: Config,
) {
  const options = {
    ...config,
    stage: { type: 'string', default: 'local' },
    data: { type: 'string' },
    json: { type: 'boolean', default: false },
  } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: true,
      options,
    });
    const { stage, data } = values as { stage: string; data: string | undefined };
    if (!isStageName(stage)) return `--stage ${stage}: not one of ${stageNames.join(', ')}`;
    if (data === '') return '--data: empty; name a folder';
    return { place: { stage, data }, values, positionals };
  } catch (error) {
    // The first sentence of parseArgs is a good message.
    return (error as Error).message.split('. ')[0] ?? 'the arguments are invalid';
  }
}

function failureText(error: unknown): string {
  if (isPortError(error)) return `the stage does not answer (${error.code}): ${error.message}; try again`;
  return error instanceof Error ? error.message : String(error);
}

/** Makes text safe for one line of a terminal: it cannot end the line or move the cursor. */
export function safeText(text: string, charactersMax: number): string {
  const quoted = JSON.stringify(text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text);
  // Beyond what JSON escapes: C1 controls, and marks that change the direction of what follows.
  return quoted.replace(/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, escapeOf);
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
