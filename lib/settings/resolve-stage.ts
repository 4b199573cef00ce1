import type * as z from 'zod';
import { nearestName } from '../options.ts';
import {
  changedSettings,
  isStageName,
  stageNames,
  stageSettings,
  type BuiltInStage,
  type SettingsChanges,
  type StageName,
  type StageSettings,
} from '../stages.ts';
import type { StageDefinition } from './define-stage.ts';
import { relations, settingsSchema } from './settings-schema.ts';

/** A stage that is not known, or whose definition is invalid. The message has a line for each fault. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

export interface ResolvedStage {
  readonly settings: StageSettings;
  /** Where it comes from: the built-in stage, then each definition that changes it. */
  readonly origins: readonly { readonly name: string; readonly settings: StageSettings }[];
}

/** The settings of a stage, by the definitions of a file. Throws a SettingsError. */
export function resolveStage(
  stage: StageName,
  definitions: readonly StageDefinition[],
  file: string,
): ResolvedStage {
  const { builtIn, definitions: chain } = chainOf(stage, definitions, file);
  const origins = [{ name: `stage ${builtIn}`, settings: stageSettings(builtIn) }];
  let settings = stageSettings(builtIn);
  for (const { name, ...definition } of chain.toReversed()) {
    const changes = Object.fromEntries(Object.entries(definition).filter(([key]) => key !== 'extends'));
    settings = checked({ name, changes, base: settings }, `${file}: stage ${name}`);
    origins.push({ name: `${file}, stage ${name}`, settings });
  }
  return { settings, origins };
}

/** All stages by name: those of the file first, and built-in ones. */
export function stageNamesOf(definitions: readonly StageDefinition[]): readonly StageName[] {
  return [...new Set([...definitions.map(({ name }) => name), ...stageNames])];
}

interface Chain {
  readonly builtIn: BuiltInStage;
  /** The definition of the stage, of the one that it extends, and so on. */
  readonly definitions: readonly StageDefinition[];
}

function chainOf(stage: StageName, definitions: readonly StageDefinition[], file: string): Chain {
  const chain: StageDefinition[] = [];
  let name = stage;
  while (chain.length <= definitions.length) {
    const found = definitions.find((definition) => definition.name === name);
    if (found === undefined || chain.includes(found)) {
      // A definition with the name of a built-in stage changes that one.
      if (isStageName(name)) return { builtIn: name, definitions: chain };
      if (found === undefined) throw new SettingsError(unknownStage(name, chain.at(-1), definitions, file));
      break;
    }
    if (found.extends === undefined && !isStageName(name))
      throw new SettingsError(
        `${file}: stage ${name} must say which stage it extends, as in extends: 'prod'.`,
      );
    chain.push(found);
    name = found.extends ?? found.name;
  }
  throw new SettingsError(
    `${file}: stage ${stage} extends itself: ${[...chain.map((one) => one.name), name].join(' extends ')}.`,
  );
}

/** `by`: the definition that extends it. */
function unknownStage(
  stage: string,
  by: StageDefinition | undefined,
  definitions: readonly StageDefinition[],
  file: string,
): string {
  const known = stageNamesOf(definitions);
  const nearest = nearestName(stage, known);
  const meant = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  const what =
    by === undefined
      ? `The stage ${stage} is unknown.`
      : `${file}: stage ${by.name}: extends ${stage}, which is unknown.`;
  return `${what}${meant} There are ${known.join(', ')}; define others in ${file}.`;
}

interface Change {
  readonly name: StageName;
  readonly changes: SettingsChanges;
  readonly base: StageSettings;
}

function checked({ name, changes, base }: Change, where: string): StageSettings {
  const settings = changedSettings(name, base, changes);
  const { issues = [] } = settingsSchema.safeParse(settings).error ?? {};
  const { issues: withNulls = [] } = settingsSchema.safeParse(nullsOf(changes, settings)).error ?? {};
  const unknown = withNulls.filter(({ code }) => code === 'unrecognized_keys');
  const invalid = issues.filter(({ code }) => code !== 'unrecognized_keys');
  const faults = [...unknown, ...invalid].flatMap((issue) => faultsOf(issue, settings, base));
  // It would be the name of the stage, which has a field of its own.
  if (Object.hasOwn(changes, 'stage')) faults.unshift('stage is not a setting; did you mean name?');
  if (faults.length === 0)
    faults.push(
      ...relations
        .filter(({ holds }) => !holds(settings))
        .map(({ path, message }) => `${path} ${message}; got ${shown(valueAt(settings, path.split('.')))}`),
    );
  if (faults.length === 0) return settings;
  throw new SettingsError(
    faults.map((fault) => `${where}: ${fault}${fault.endsWith('?') ? '' : '.'}`).join('\n'),
  );
}

/** Settings that again have what `changes` leaves out by a null, so that the schema sees each name. */
function nullsOf(changes: unknown, settings: unknown): unknown {
  if (!isGroup(changes) || !isGroup(settings)) return settings ?? null;
  const entries = Object.entries(changes).map(
    ([name, change]) => [name, nullsOf(change, settings[name])] as const,
  );
  return { ...settings, ...Object.fromEntries(entries) };
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function faultsOf(issue: z.core.$ZodIssue, settings: StageSettings, base: StageSettings): readonly string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const known = Object.keys(valueAt(base, path) ?? {}).filter((name) => name !== 'stage');
      const nearest = nearestName(key, known);
      const meant = nearest === undefined ? '' : `; did you mean ${[...path, nearest].join('.')}?`;
      return `${[...path, key].join('.')} is not a setting${meant}`;
    });
  const { message } = issue;
  const said = /^(must|is) /.test(message) ? message : 'must be a group of settings';
  // A definition has the name of its stage in another field than the settings.
  const field = path.join('.') === 'stage' ? 'name' : path.join('.');
  return [`${field} ${said}; got ${shown(valueAt(settings, path))}`];
}

function valueAt(settings: unknown, path: readonly string[]): object | undefined {
  let value: unknown = settings;
  for (const name of path) value = (value as Readonly<Record<string, unknown>> | undefined)?.[name];
  return value as object | undefined;
}

const shownMax = 60;

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > shownMax ? `${text.slice(0, shownMax)}...` : text;
}
