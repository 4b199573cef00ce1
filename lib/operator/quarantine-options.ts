import { parseQuarantineKey, type QuarantineId } from '../ports/quarantine.ts';
import { failureFilePrefix } from '../aws-names.ts';
import { commandLine, flag, text, UsageError, type Values, whole } from '../options.ts';
import { fileOption, parseStageArguments, stageOptionsHelp, type Parsed } from './stage-command.ts';

/** One record, one file of the failure destination, or all of either. */
export type Which =
  | { readonly type: 'record'; readonly id: QuarantineId }
  | { readonly type: 'file'; readonly key: string }
  | { readonly type: 'all'; readonly files: boolean; readonly max: number };

export type QuarantineVerb =
  | {
      readonly type: 'list';
      readonly files: boolean;
      readonly limit: number;
      readonly after: string | undefined;
    }
  | { readonly type: 'show'; readonly which: Exclude<Which, { type: 'all' }> }
  | { readonly type: 'redrive' | 'drop'; readonly which: Which };

export interface QuarantineOptions {
  readonly verb: QuarantineVerb;
  readonly json: boolean;
  /** The file of an audit, for records that the log no longer holds; undefined: the stage's default. */
  readonly state: string | undefined;
}

export const quarantineHelp = `Manages records that could not be processed: ${commandLine('quarantine')} <command> [options]

  list [--files] [--limit <n>] [--after <id>]
                   id, state, age, size, partition key and reason of each; n up to 1000 (default 50)
  show <id>        one whole record, decoded if possible
  redrive <id>     processes it again; it takes effect once, however often you repeat this
  drop <id>        drops it for good and records that
  redrive --all, drop --all [--files] [--max <n>]
                   all of them, at most n (default 10000)

An id is <stream>/<epoch>/<shard>/<number>, as list prints it, or the key of a file of the failure destination
(${failureFilePrefix}...), where a deployed stage keeps batches that killed their function; --files selects those.

${stageOptionsHelp}  --state <file>   the file of the command audit, which some files need (default: the stage's own)

Exit codes: 0 done, 1 some were refused or do not exist, 2 wrong arguments, 4 the stage cannot be opened or does not
answer.
`;

const limitMax = 1000;
const allMax = 1_000_000;

const ownOptions = {
  all: flag('all of them'),
  files: flag('files of the failure destination'),
  limit: whole({ about: 'how many are listed', min: 1, max: limitMax, default: 50 }),
  max: whole({ about: 'how many at most', min: 1, max: allMax, default: 10_000 }),
  after: text('the last id of the page before', { about: 'where the page begins' }),
  state: fileOption,
};

/** Reads the command line of `npm run quarantine`; throws a UsageError. */
export function parseQuarantineArguments(args: readonly string[]): Parsed<QuarantineOptions> {
  const { location, values, words, allow } = parseStageArguments(args, ownOptions, 2);
  const { json, state } = values;
  const verb = toVerb(words, values);
  const form = formOf(verb);
  allow(form, optionsOfForms[form]);
  return { location, options: { verb, json, state } };
}

/** A verb and what it works on decide which options it takes. */
const optionsOfForms = {
  list: ['files', 'limit', 'after'],
  'show <id>': [],
  'redrive <id>': ['state'],
  'redrive --all': ['all', 'files', 'max', 'state'],
  'drop <id>': ['state'],
  'drop --all': ['all', 'files', 'max', 'state'],
} as const;

function formOf(verb: QuarantineVerb): keyof typeof optionsOfForms {
  if (verb.type === 'list') return 'list';
  if (verb.type === 'show') return 'show <id>';
  return verb.which.type === 'all' ? `${verb.type} --all` : `${verb.type} <id>`;
}

type Given = Values<typeof ownOptions>;

function toVerb([verb, id]: readonly string[], { files, limit, after, all, max }: Given): QuarantineVerb {
  switch (verb) {
    case undefined:
      throw new UsageError('a command is missing: list, show, redrive or drop');
    case 'list':
      if (id !== undefined) throw new UsageError(`list takes no id; got ${id}`);
      return { type: 'list', files, limit, after };
    case 'show':
      return { type: 'show', which: toOne(id) };
    case 'redrive':
    case 'drop':
      if (all && id !== undefined) throw new UsageError(`give either one id or --all; got ${id}`);
      return { type: verb, which: all ? { type: 'all', files, max } : toOne(id) };
    default:
      throw new UsageError(`the command must be list, show, redrive or drop; got ${verb}`);
  }
}

function toOne(id: string | undefined): Exclude<Which, { type: 'all' }> {
  if (id === undefined)
    throw new UsageError(`an id is missing; ${commandLine('quarantine')} list prints them`);
  if (id.startsWith(failureFilePrefix)) return { type: 'file', key: id };
  const parsed = parseQuarantineKey(id);
  if (parsed !== undefined) return { type: 'record', id: parsed };
  throw new UsageError(`an id must be <stream>/<epoch>/<shard>/<number>; got ${id}`);
}
