import { parseArgs } from 'node:util';
import { isScope, scopes, type Scope } from '../core/scopes.ts';
import { isStageName, stageNames, type StageName } from '../stages.ts';

export type TokenCommand =
  | {
      readonly type: 'create';
      readonly name: string;
      readonly scopes: readonly Scope[];
      readonly lifeSeconds: number | undefined;
    }
  | { readonly type: 'list' }
  | { readonly type: 'rotate'; readonly id: string; readonly graceSeconds: number }
  | { readonly type: 'revoke'; readonly id: string };

export type TokenArguments =
  | {
      readonly type: 'run';
      readonly command: TokenCommand;
      readonly stage: StageName;
      readonly data: string | undefined;
      readonly json: boolean;
    }
  | { readonly type: 'help' }
  | { readonly type: 'faulty'; readonly message: string };

export const tokensHelp = `API tokens: npm run tokens -- <command> [options]

  create --name <text> --scopes <a,b> [--expires <n>d]
                        makes a token and shows it, this once
  list                  all tokens, never their secrets
  rotate <id> [--grace <n>h]
                        makes a successor and lets the old token work n hours more (default 24h; 0h: no more)
  revoke <id>           ends a token

  --stage <name>        ${stageNames.join(', ')} (default local: a data folder of npm start)
  --data <folder>       the data folder (default .adtally), whether npm start runs on it or not
  --json                one JSON object a line

scopes: ${scopes.join(', ')}. admin covers all others, ads:write covers ads:read.
A gateway may remember a revoked token for a minute.
Exit codes: 0 done, 1 failed or no such token, 2 wrong arguments.
`;

const nameMax = 100;

/** Reads the command line of `npm run tokens`. */
export function parseTokenArguments(args: readonly string[]): TokenArguments {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return faulty((error as Error).message.split('. ')[0] ?? 'the arguments are not valid');
  }
  const { values, positionals } = parsed;
  if (values.help) return { type: 'help' };
  const { stage, data, json } = values;
  if (!isStageName(stage)) return faulty(`--stage ${stage}: not one of ${stageNames.join(', ')}`);
  const command = toCommand(positionals, values);
  return typeof command === 'string' ? faulty(command) : { type: 'run', command, stage, data, json };
}

/** A text says what is wrong. */
function toCommand(
  [verb, id, ...more]: readonly string[],
  { name, scopes: scopeList, expires, grace }: ReturnType<typeof parse>['values'],
): TokenCommand | string {
  if (verb === undefined) return 'a command is missing: create, list, rotate or revoke';
  if (more.length > 0) return `${more.join(' ')}: one id at a time`;
  switch (verb) {
    case 'create': {
      if (id !== undefined) return `${id}: create makes the id itself`;
      if (name === undefined || name === '' || name.length > nameMax)
        return `--name: 1 to ${nameMax} characters`;
      const wanted = (scopeList ?? '').split(',');
      const unknown = wanted.find((scope) => !isScope(scope));
      if (unknown !== undefined) return `--scopes ${unknown}: not among ${scopes.join(', ')}`;
      const lifeSeconds = expires === undefined ? undefined : secondsOf(expires, 'd');
      if (Number.isNaN(lifeSeconds) || lifeSeconds === 0)
        return `--expires ${expires ?? ''}: days, as in 90d`;
      return { type: 'create', name, scopes: [...new Set(wanted.filter(isScope))], lifeSeconds };
    }
    case 'list':
      return id === undefined ? { type: 'list' } : `${id}: list takes no id`;
    case 'rotate': {
      const graceSeconds = secondsOf(grace, 'h');
      if (Number.isNaN(graceSeconds)) return `--grace ${grace}: hours, as in 24h`;
      return onToken(id, (known) => ({ type: 'rotate', id: known, graceSeconds }));
    }
    case 'revoke':
      return onToken(id, (known) => ({ type: 'revoke', id: known }));
    default:
      return `${verb}: not a command; create, list, rotate or revoke`;
  }
}

function onToken(id: string | undefined, command: (id: string) => TokenCommand): TokenCommand | string {
  if (id === undefined) return 'the id of the token is missing';
  return /^[0-9a-f]{16}$/.test(id) ? command(id) : `${id}: not an id of a token, 16 hex digits`;
}

/** NaN: not a number of days or hours. */
function secondsOf(text: string, unit: 'd' | 'h'): number {
  const [, count, found] = /^(\d{1,4})([dh])$/.exec(text) ?? [];
  return found === unit ? Number(count) * (unit === 'd' ? 86_400 : 3600) : NaN;
}

function faulty(message: string): TokenArguments {
  return { type: 'faulty', message };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: true,
    options: {
      name: { type: 'string' },
      scopes: { type: 'string' },
      expires: { type: 'string' },
      grace: { type: 'string', default: '24h' },
      stage: { type: 'string', default: 'local' },
      data: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
}
