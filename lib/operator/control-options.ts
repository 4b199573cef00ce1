import { userInfo } from 'node:os';
import {
  controlFields,
  hotKeysMax,
  parseControl,
  type ControlContent,
} from '../app/control/control-content.ts';
import { changesKept } from '../app/control/control-store.ts';
import { parseRate, rateForm } from '../app/rate/rate-text.ts';
import { commandLine, commandName, many, UsageError, value, type Values, whole } from '../options.ts';
import { parseStageArguments, stageOptionsHelp, type Parsed } from './stage-command.ts';

export type ControlVerb =
  | { readonly type: 'get' }
  | { readonly type: 'history'; readonly limit: number }
  | { readonly type: 'set'; readonly edits: readonly Edit[] }
  /** `to`: undefined: the version before the current one. */
  | { readonly type: 'rollback'; readonly to: number | undefined };

/** One field of the content, or one pinned key. `value` undefined: as deployed; `lanes` undefined: unpinned. */
export type Edit =
  | { readonly type: 'field'; readonly field: keyof ControlContent; readonly value: unknown }
  | { readonly type: 'pin'; readonly key: string; readonly lanes: number | undefined };

export interface ControlOptions {
  readonly verb: ControlVerb;
  readonly by: string;
  readonly ifVersion: number | undefined;
  readonly json: boolean;
}

export const controlHelp = `Changes what a stage may change while it runs: ${commandLine('control')} <command> [options]

  get              the version that holds, who made it, and each setting
  set <name>=<value>... [--pin <key>=<lanes>] [--unpin <key>]
                   makes a new version; <name>=default: as deployed
  history          the last changes, newest first, each setting before -> after (--limit <n>, default 20, at most ${changesKept})
  rollback [<version>]
                   makes a new version with the content of an old one; 0: all as deployed;
                   default: the one before the current

  --by <name>      who changes it (default: your user name on this machine)
  --if-version <n> only if this is the current version

${stageOptionsHelp}
settings:
  rate=<n[:b]>                        n calls a second, b in a burst (default 5n), of each token that has
                                      no rate of its own; below the deployed rate: of every token; in a
                                      deployed stage at most as deployed
  live_ads_max=<n>                    ads beyond which creating one is answered 507; 0: none is created
  live_ad_bytes_max=<n>               the same for their bytes
  series=minute:<days>,hour:<days>,day:<days>
                                      all levels that are kept: one that is not named is dropped; none: no series
  trace_share=<0..1>                  the share of requests whose spans are exported
  hot_keys=default                    no key is pinned; --pin and --unpin change single keys
Up to ${hotKeysMax} keys may be pinned, to 2 to 32 lanes each. Running containers follow within 5 seconds,
${commandName('start')} within 1. Each change is recorded, and its event is in the log of ad events.
Exit codes: 0 done or already so, 1 refused: another operator was first, no such version, or the stage
cannot do it, 2 wrong arguments, 4 the stage cannot be opened or does not answer.
`;

const limitDefault = 20;
const namesMax = 100;

const pinExpected = 'a key and 2 to 32 lanes: key=8';

const ownOptions = {
  by: value('1 to 100 characters', (given) => (given === '' || given.length > namesMax ? undefined : given), {
    about: 'who changes it',
  }),
  'if-version': whole({ about: 'only if this is the current version', min: 0, max: 999_999_999 }),
  limit: whole({ about: 'changes to show', min: 1, max: changesKept }),
  pin: many(pinExpected, parsePin, { about: 'pins a key', timesMax: hotKeysMax }),
  unpin: many('a key', (key) => (key === '' ? undefined : key), {
    about: 'unpins a key',
    timesMax: hotKeysMax,
  }),
};

const optionsOfVerbs = {
  get: [],
  history: ['limit'],
  set: ['by', 'if-version', 'pin', 'unpin'],
  rollback: ['by', 'if-version'],
} as const;

export function parseControlArguments(args: readonly string[]): Parsed<ControlOptions> {
  const { location, values, words, allow } = parseStageArguments(args, ownOptions, 1 + controlFields.length);
  const verb = toVerb(words, values);
  allow(verb.type, optionsOfVerbs[verb.type]);
  const by = values.by ?? userInfo().username;
  return { location, options: { verb, by, ifVersion: values['if-version'], json: values.json } };
}

function toVerb([verb, ...words]: readonly string[], values: Values<typeof ownOptions>): ControlVerb {
  switch (verb) {
    case undefined:
      throw new UsageError('a command is missing: get, set, history or rollback');
    case 'get':
      refuseWords(verb, words);
      return { type: 'get' };
    case 'history':
      refuseWords(verb, words);
      return { type: 'history', limit: values.limit ?? limitDefault };
    case 'set':
      return { type: 'set', edits: toEdits(words, values) };
    case 'rollback':
      refuseWords(verb, words.slice(1));
      return { type: 'rollback', to: toVersion(words[0]) };
    default:
      throw new UsageError(`the command must be get, set, history or rollback; got ${verb}`);
  }
}

function refuseWords(verb: string, [first]: readonly string[]): void {
  if (first !== undefined) throw new UsageError(`${verb} takes no further argument; got ${first}`);
}

function toVersion(text: string | undefined): number | undefined {
  if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new UsageError(`the version must be a whole number; got ${text}`);
}

function toEdits(words: readonly string[], { pin, unpin }: Values<typeof ownOptions>): readonly Edit[] {
  const edits: Edit[] = words.map(toEdit);
  const fields = edits.map((edit) => (edit.type === 'field' ? edit.field : ''));
  const twice = fields.find((field, index) => fields.indexOf(field) !== index);
  if (twice !== undefined) throw new UsageError(`${twice} is given twice`);
  edits.push(...pin.map((each): Edit => ({ type: 'pin', ...each })));
  edits.push(...unpin.map((key): Edit => ({ type: 'pin', key, lanes: undefined })));
  const keys = edits.flatMap((edit) => (edit.type === 'pin' ? [edit.key] : []));
  const key = keys.find((each, index) => keys.indexOf(each) !== index);
  if (key !== undefined) throw new UsageError(`${key} is pinned or unpinned twice`);
  if (edits.length === 0) throw new UsageError('set needs a <name>=<value>, a --pin or an --unpin');
  return edits;
}

function toEdit(word: string): Edit {
  const at = word.indexOf('=');
  const name = word.slice(0, Math.max(0, at));
  const field = controlFields.find((known) => known === name);
  if (field === undefined)
    throw new UsageError(
      `a setting must be <name>=<value> with a name of ${controlFields.join(', ')}; got ${word}`,
    );
  const text = word.slice(at + 1);
  if (text === 'default') return { type: 'field', field, value: undefined };
  const read = readers[field](text);
  const parsed = parseControl({ [field]: read });
  if (parsed.status === 'invalid') throw new UsageError(`${parsed.faults.join('; ')}; got ${text}`);
  return { type: 'field', field, value: read };
}

/** Reads what an operator writes; what is no such thing stays text, which the schema refuses by name. */
const readers: Readonly<Record<keyof ControlContent, (text: string) => unknown>> = {
  rate: (text) => {
    const rate = parseRate(text);
    if (rate === undefined) throw new UsageError(`rate must be ${rateForm}; got ${text}`);
    return { per_second: rate.ratePerSecond, burst: rate.burst };
  },
  live_ads_max: numberOr,
  live_ad_bytes_max: numberOr,
  hot_keys: (text) => {
    throw new UsageError(`hot_keys must be default; --pin and --unpin change single keys; got ${text}`);
  },
  series: (text) => {
    if (text === 'none') return {};
    const levels = text.split(',').map((part) => part.split(':'));
    const isSound = levels.every(
      ([level, days, ...more]) => level && /^\d{1,15}$/.test(days ?? '') && !more.length,
    );
    if (!isSound || new Set(levels.map(([level]) => level)).size < levels.length)
      throw new UsageError(
        `series must be none or levels with their days, as in minute:2,hour:92; got ${text}`,
      );
    return Object.fromEntries(levels.map(([level = '', days]) => [level, Number(days)] as const));
  },
  trace_share: numberOr,
};

function numberOr(text: string): unknown {
  return /^\d{1,16}(\.\d{1,16})?$/.test(text) ? Number(text) : text;
}

function parsePin(text: string): { readonly key: string; readonly lanes: number } | undefined {
  // A key may hold an equals sign.
  const at = text.lastIndexOf('=');
  const [key, lanes] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
  if (!/^\d{1,2}$/.test(lanes)) return undefined;
  const pin = { key, lanes: Number(lanes) };
  return parseControl({ hot_keys: [pin] }).status === 'ok' ? pin : undefined;
}
