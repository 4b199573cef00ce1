import {
  commandLine,
  flag,
  optionLines,
  parseOptions,
  text,
  UsageError,
  type Command,
  type Values,
} from '../options.ts';
import { SettingsError, type ResolvedStage } from './resolve-stage.ts';
import { configOption, readStages } from './settings-file.ts';
import { stageNames } from '../stages.ts';

const options = {
  stage: text('the name of a stage', {
    argument: '<name>',
    about: 'whose settings',
    names: stageNames,
    default: 'local',
  }),
  config: configOption,
  json: flag('the settings as one JSON object'),
};

type Given = Values<typeof options> & { readonly verb: 'show' | 'stages' };

const usage = `Shows the settings of a stage, and where each comes from: ${commandLine('config')} <command> [options]

  show             one setting a line, with the stage that it comes from
  stages           the names of all stages, built-in ones and those of the settings file

${optionLines(options)}
Exit codes: 0 shown, 1 no such stage, or the settings file is invalid, 2 wrong arguments.
`;

export const configCommand: Command<Given> = {
  name: 'config',
  usage,
  read(args) {
    const { values, words } = parseOptions(args, options, 1);
    const [word] = words;
    if (word === undefined) throw new UsageError('a command is missing: show or stages');
    if (word !== 'show' && word !== 'stages')
      throw new UsageError(`${word} is not a command: show or stages`);
    return { ...values, verb: word };
  },
  async run({ verb, stage, config, json }) {
    try {
      const stages = await readStages(config);
      if (verb === 'stages') print(json ? JSON.stringify(stages.names) : stages.names.join('\n'));
      else print(shownAs(stages.resolve(stage), json));
      return 0;
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
  },
};

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function shownAs({ settings, origins }: ResolvedStage, json: boolean): string {
  if (json) return JSON.stringify(settings, undefined, 2);
  const rows = leaves(settings).map(({ path, value }) => {
    const at = origins.findLastIndex(({ settings: after }, index) => {
      const before = origins[index - 1]?.settings;
      return before === undefined || textAt(before, path) !== textAt(after, path);
    });
    return [path.join('.'), value, origins[at]?.name ?? ''] as const;
  });
  const widths = [0, 1].map((column) =>
    Math.min(60, Math.max(...rows.map((row) => row[column as 0 | 1].length))),
  );
  return rows
    .map(([path, value, from]) => `${path.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${from}`)
    .join('\n');
}

interface Leaf {
  readonly path: readonly string[];
  /** As JSON. */
  readonly value: string;
}

function leaves(value: unknown, path: readonly string[] = []): readonly Leaf[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ path, value: JSON.stringify(value) }];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...path, name]));
}

function textAt(settings: unknown, path: readonly string[]): string | undefined {
  const value = path.reduce<unknown>(
    (inner, name) => (inner as Readonly<Record<string, unknown>> | undefined)?.[name],
    settings,
  );
  return JSON.stringify(value);
}
