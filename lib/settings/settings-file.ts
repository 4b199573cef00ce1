import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { text } from '../options.ts';
import type { StageName, StageSettings } from '../stages.ts';
import type { StageDefinition } from './define-stage.ts';
import { resolveStage, SettingsError, stageNamesOf, type ResolvedStage } from './resolve-stage.ts';
import { settingsSchema } from './settings-schema.ts';

/** Looked for in the working folder; only one may be there. */
export const settingsFiles = ['adtally.config.ts', 'adtally.config.json'] as const;

/** More stages than this are no hand-written file. */
const stagesMax = 100;

export const configOption = text('the name of a file', {
  argument: '<file>',
  about: `stages of your own (default: ${settingsFiles.join(' or ')} here, if there is one)`,
});

/** The stages that a person may name: built-in ones, and those of a settings file. */
export interface KnownStages {
  /** As messages name it; also if there is none. */
  readonly file: string;
  readonly names: readonly StageName[];
  /** Throws a SettingsError if there is no such stage, or its definition is invalid. */
  resolve(stage: StageName): ResolvedStage;
}

/** Reads the file that `--config` names, or the one of the working folder. Rejects with a SettingsError. */
export async function readStages(given: string | undefined, folder = process.cwd()): Promise<KnownStages> {
  const file = given ?? settingsFileOf(folder);
  const definitions = file === undefined ? [] : definitionsOf(await load(resolve(folder, file), file), file);
  const named = file ?? settingsFiles[0];
  return {
    file: named,
    names: stageNamesOf(definitions),
    resolve: (stage) => resolveStage(stage, definitions, named),
  };
}

function settingsFileOf(folder: string): string | undefined {
  const found = settingsFiles.filter((name) => existsSync(resolve(folder, name)));
  if (found.length < 2) return found[0];
  throw new SettingsError(`${found.join(' and ')} are both here. Remove one, or name one with --config.`);
}

/** The settings of a stage, as `readStages`. */
export async function readSettings(stage: StageName, config: string | undefined): Promise<StageSettings> {
  return (await readStages(config)).resolve(stage).settings;
}

async function load(path: string, file: string): Promise<unknown> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw new SettingsError(`${file} is not a file. Name the settings file with --config.`);
  if (!/\.(json|[cm]?[jt]s)$/.test(path)) throw new SettingsError(`${file} must end in .ts, .js or .json.`);
  try {
    if (path.endsWith('.json')) return JSON.parse(readFileSync(path, 'utf8'));
    const { default: exported } = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
    return exported;
  } catch (error) {
    throw new SettingsError(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      {
        cause: error,
      },
    );
  }
}

/** A stage, or a list of stages. What a stage says is looked at when somebody wants it. */
function definitionsOf(read: unknown, file: string): readonly StageDefinition[] {
  const list: readonly unknown[] = Array.isArray(read) ? read : [read];
  if (list.length > stagesMax) throw new SettingsError(`${file} has more than ${stagesMax} stages.`);
  const definitions = list.map((one, index) => {
    const { name, extends: base } = (one ?? {}) as { readonly name?: unknown; readonly extends?: unknown };
    const isNamed = typeof name === 'string' && (base === undefined || typeof base === 'string');
    if (isNamed) return withValidName(one as StageDefinition, file);
    const [whole, example] = file.endsWith('.json')
      ? ['its content', '{ "name": "eu", "extends": "prod" }']
      : ['its default export', "{ name: 'eu', extends: 'prod' }"];
    const which = Array.isArray(read) ? `stage ${index + 1}` : whole;
    throw new SettingsError(
      `${file}: ${which} must be a stage, such as ${example}; name and extends are texts.`,
    );
  });
  const [twice] = definitions.filter(
    ({ name }, index) => definitions.findIndex((one) => one.name === name) < index,
  );
  if (twice !== undefined) throw new SettingsError(`${file}: stage ${twice.name} is defined twice.`);
  return definitions;
}

function withValidName(definition: StageDefinition, file: string): StageDefinition {
  const { name } = definition;
  const { error } = settingsSchema.shape.stage.safeParse(name);
  if (error === undefined) return definition;
  const [issue] = error.issues;
  throw new SettingsError(`${file}: name ${issue?.message ?? ''}; got ${JSON.stringify(name)}.`);
}
