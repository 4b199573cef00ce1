import {
  createTokenStore,
  type NewToken,
  type TokenRecord,
  type TokenStore,
} from '../app/tokens/token-store.ts';
import { isScope, scopes, type Scope } from '../core/scopes.ts';
import {
  exitCodes,
  parseStageArguments,
  safeText,
  stageOptionsHelp,
  type ExitCode,
  type Parsed,
  type StageCommand,
  type Write,
} from './stage-command.ts';

export type TokenVerb =
  | {
      readonly type: 'create';
      readonly name: string;
      readonly scopes: readonly Scope[];
      readonly lifeSeconds: number | undefined;
    }
  | { readonly type: 'list' }
  | { readonly type: 'rotate'; readonly id: string; readonly graceSeconds: number }
  | { readonly type: 'revoke'; readonly id: string };

export interface TokenOptions {
  readonly verb: TokenVerb;
  readonly json: boolean;
}

/** `npm run tokens`: creates, lists, rotates and revokes the API tokens of a stage. */
export const tokensCommand: StageCommand<TokenOptions> = {
  name: 'tokens',
  help: `Manages API tokens: npm run tokens -- <command> [options]

  create --name <text> --scopes <a,b> [--expires <n>d]
                   creates a token and shows it once; creates the data folder if it does not exist
  list             all tokens, without their secrets
  rotate <id> [--grace <n>h]
                   creates a successor; the old token works for n more hours (default 24h; 0h: none)
  revoke <id>      revokes a token; a gateway may still accept it for a minute

${stageOptionsHelp}
scopes: ${scopes.join(', ')}. admin includes all others, ads:write includes ads:read.
Exit codes: 0 done, 1 no such token, 2 wrong arguments, 4 the stage cannot be opened or does not answer.
`,
  parse: parseTokenArguments,
  run: async (stage, { verb, json }, write) =>
    perform(createTokenStore(stage), verb, { write, show: json ? showJson : showText, json }),
};

const nameMax = 100;

export function parseTokenArguments(args: readonly string[]): Parsed<TokenOptions> | string {
  const parsed = parseStageArguments(args, {
    name: { type: 'string' },
    scopes: { type: 'string' },
    expires: { type: 'string' },
    grace: { type: 'string', default: '24h' },
  });
  if (typeof parsed === 'string') return parsed;
  const { place, values, positionals } = parsed;
  const verb = toVerb(positionals, values);
  if (typeof verb === 'string') return verb;
  return {
    place: { ...place, create: verb.type === 'create' },
    options: { verb, json: values.json },
  };
}

interface VerbValues {
  readonly name?: string;
  readonly scopes?: string;
  readonly expires?: string;
  readonly grace: string;
}

/** A string is an error message. */
function toVerb([verb, id, ...more]: readonly string[], values: VerbValues): TokenVerb | string {
  if (verb === undefined) return 'no command; use create, list, rotate or revoke';
  if (more.length > 0) return `${more.join(' ')}: one id at a time`;
  switch (verb) {
    case 'create':
      return id === undefined ? toCreate(values) : `${id}: create takes no id`;
    case 'list':
      return id === undefined ? { type: 'list' } : `${id}: list takes no id`;
    case 'rotate': {
      const graceSeconds = secondsOf(values.grace, 'h');
      if (Number.isNaN(graceSeconds)) return `--grace ${values.grace}: hours, as in 24h`;
      return onToken(id, (known) => ({ type: 'rotate', id: known, graceSeconds }));
    }
    case 'revoke':
      return onToken(id, (known) => ({ type: 'revoke', id: known }));
    default:
      return `${verb}: not a command; use create, list, rotate or revoke`;
  }
}

function toCreate({ name = '', scopes: list = '', expires }: VerbValues): TokenVerb | string {
  if (name === '' || name.length > nameMax) return `--name: 1 to ${nameMax} characters`;
  const wanted = list.split(',');
  const unknown = wanted.find((scope) => !isScope(scope));
  if (unknown !== undefined) return `--scopes ${unknown}: not among ${scopes.join(', ')}`;
  const lifeSeconds = expires === undefined ? undefined : secondsOf(expires, 'd');
  if (Number.isNaN(lifeSeconds) || lifeSeconds === 0) return `--expires ${expires ?? ''}: days, as in 90d`;
  return { type: 'create', name, scopes: [...new Set(wanted.filter(isScope))], lifeSeconds };
}

function onToken(id: string | undefined, verb: (id: string) => TokenVerb): TokenVerb | string {
  if (id === undefined) return 'no id; npm run tokens -- list prints them';
  return /^[0-9a-f]{16}$/.test(id) ? verb(id) : `${id}: not the id of a token (16 hex digits)`;
}

/** NaN: not a number of days or hours. */
function secondsOf(text: string, unit: 'd' | 'h'): number {
  const [, count, found] = /^(\d{1,4})([dh])$/.exec(text) ?? [];
  return found === unit ? Number(count) * (unit === 'd' ? 86_400 : 3600) : NaN;
}

interface Output {
  readonly write: Write;
  readonly show: (write: Write, records: readonly TokenRecord[], made?: NewToken) => void;
  readonly json: boolean;
}

async function perform(
  tokens: TokenStore,
  verb: TokenVerb,
  { write, show, json }: Output,
): Promise<ExitCode> {
  const unknown = (id: string): ExitCode => {
    write(json ? `${JSON.stringify({ id, state: 'unknown' })}\n` : `${id}: no such token; list shows all\n`);
    return exitCodes.found;
  };
  switch (verb.type) {
    case 'create': {
      const { name, scopes: granted, lifeSeconds } = verb;
      const made = await tokens.create({
        name,
        scopes: granted,
        ...(lifeSeconds !== undefined && { lifeSeconds }),
      });
      show(write, [made.record], made);
      return exitCodes.done;
    }
    case 'list':
      show(write, await tokens.list());
      return exitCodes.done;
    case 'rotate': {
      const made = await tokens.rotate(verb.id, verb.graceSeconds);
      if (made === undefined) return unknown(verb.id);
      show(write, [made.record], made);
      return exitCodes.done;
    }
    case 'revoke': {
      const { id } = verb;
      if (!(await tokens.revoke(id))) return unknown(id);
      write(
        json
          ? `${JSON.stringify({ id, state: 'revoked' })}\n`
          : `${id}: revoked; gateways refuse it within a minute\n`,
      );
      return exitCodes.done;
    }
  }
}

function showJson(write: Write, records: readonly TokenRecord[], made?: NewToken): void {
  for (const { id, name, scopes: granted, principal, createdAtMs, expiresAt } of records) {
    const times = {
      created_at: dateOf(createdAtMs),
      expires_at: expiresAt === undefined ? null : dateOf(expiresAt * 1000),
    };
    const facts = { id, name, scopes: granted, principal, ...times, ...(made && { token: made.text }) };
    write(`${JSON.stringify(facts)}\n`);
  }
}

function showText(write: Write, records: readonly TokenRecord[], made?: NewToken): void {
  if (records.length === 0) write('no tokens\n');
  for (const { id, name, scopes: granted, createdAtMs, expiresAt } of records) {
    const ends = expiresAt === undefined ? 'until it is revoked' : `until ${dateOf(expiresAt * 1000)}`;
    write(`${id}  ${granted.join(',')}  since ${dateOf(createdAtMs)}, ${ends}  ${safeText(name, nameMax)}\n`);
  }
  if (made !== undefined) {
    write(`\n${made.text}\n\nThis token is shown only once. Store it with your secrets.\n`);
  }
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString();
}
