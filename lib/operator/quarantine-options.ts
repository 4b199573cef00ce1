import { parseQuarantineKey, type QuarantineId } from '../ports/quarantine.ts';
import { failureFilePrefix } from '../ports/failure-files.ts';
import { parseStageArguments, stageOptionsHelp, type Parsed } from './stage-command.ts';

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

export const quarantineHelp = `Manages records that could not be processed: npm run quarantine -- <command> [options]

  list [--files] [--limit <n>] [--after <id>]
                   id, state, age, size, partition key and reason of each; n up to 1000 (default 50)
  show <id>        one whole record, decoded if possible
  redrive <id>     processes it again; it takes effect once, however often you repeat this
  drop <id>        drops it for good and records that
  redrive --all, drop --all [--files] [--max <n>]
                   all of them, at most n (default 10000)

An id is <stream>/<epoch>/<shard>/<number>, as list prints it, or the key of a file of the failure destination
(${failureFilePrefix}...), where a deployed stage keeps batches that killed their function; --files selects those.

${stageOptionsHelp}  --state <file>   the file of npm run audit, which some files need (default: the stage's own)

Exit codes: 0 done, 1 some were refused or do not exist, 2 wrong arguments, 4 the stage cannot be opened or does not
answer.
`;

const limitMax = 1000;
const allMax = 1_000_000;

/** Parses the command line of `npm run quarantine`; a string is an error message. */
export function parseQuarantineArguments(args: readonly string[]): Parsed<QuarantineOptions> | string {
  const parsed = parseStageArguments(args, {
    all: { type: 'boolean', default: false },
    files: { type: 'boolean', default: false },
    limit: { type: 'string', default: '50' },
    max: { type: 'string', default: '10000' },
    after: { type: 'string' },
    state: { type: 'string' },
  });
  if (typeof parsed === 'string') return parsed;
  const values = parsed.values as Values;
  const verb = toVerb(parsed.positionals, values);
  if (typeof verb === 'string') return verb;
  return { place: parsed.place, options: { verb, json: values.json, state: values.state } };
}

interface Values {
  readonly all: boolean;
  readonly files: boolean;
  readonly limit: string;
  readonly max: string;
  readonly after: string | undefined;
  readonly state: string | undefined;
  readonly json: boolean;
}

function toVerb([verb, id, ...more]: readonly string[], values: Values): QuarantineVerb | string {
  if (more.length > 0) return `${more.join(' ')}: one id at a time`;
  switch (verb) {
    case undefined:
      return 'no command; use list, show, redrive or drop';
    case 'list': {
      const limit = toCount(values.limit, limitMax);
      if (id !== undefined) return `${id}: list takes no id`;
      return limit === undefined
        ? `--limit ${values.limit}: not 1 to ${limitMax}`
        : { type: 'list', files: values.files, limit, after: values.after };
    }
    case 'show': {
      const which = toOne(id);
      return typeof which === 'string' ? which : { type: 'show', which };
    }
    case 'redrive':
    case 'drop': {
      if (values.all && id !== undefined) return `${id}: either one id or --all`;
      const which = values.all ? toAll(values) : toOne(id);
      return typeof which === 'string' ? which : { type: verb, which };
    }
    default:
      return `${verb}: not a command; use list, show, redrive or drop`;
  }
}

function toAll({ files, max }: Values): Which | string {
  const count = toCount(max, allMax);
  return count === undefined ? `--max ${max}: not 1 to ${allMax}` : { type: 'all', files, max: count };
}

function toOne(id: string | undefined): Exclude<Which, { type: 'all' }> | string {
  if (id === undefined) return 'no id; npm run quarantine -- list prints them';
  if (id.startsWith(failureFilePrefix)) return { type: 'file', key: id };
  const parsed = parseQuarantineKey(id);
  return parsed === undefined
    ? `${id}: not an id, <stream>/<epoch>/<shard>/<number>`
    : { type: 'record', id: parsed };
}

function toCount(text: string, most: number): number | undefined {
  return /^[1-9]\d{0,6}$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}
