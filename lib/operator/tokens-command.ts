import {
  createTokenStore,
  type NewToken,
  type TokenRecord,
  type TokenStore,
} from '../app/tokens/token-store.ts';
import { parseRate, rateForm, rateText } from '../app/rate/rate-text.ts';
import { scopes, type Scope } from '../core/scopes.ts';
import { safeText } from '../core/safe-text.ts';
import { choices, commandLine, duration, UsageError, value, type Values } from '../options.ts';
import type { RateSettings, StageSettings } from '../stages.ts';
import type { StageLocation } from './open-stage.ts';
import {
  exitCodes,
  parseStageArguments,
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
      readonly rate: RateSettings | undefined;
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
  help: `Manages API tokens: ${commandLine('tokens')} <command> [options]

  create --name <text> --scopes <a,b> [--expires <n>d] [--rate <n[:b]>]
                   creates a token and shows it once; creates the data folder if it does not exist;
                   --rate: its own limit, n calls a second, b in a burst (default 5n)
  list             all tokens, without their secrets, each with its principal: the name that GET /api/v1/usage
                   has for its caller, and that a rotated token keeps
  rotate <id> [--grace <n>h]
                   creates a successor with the same rate and shows it; then the old token works for n more hours
                   (default 24h; 0h: none); after exit code 4 both may work: rotate again, revoke what is too much
  revoke <id>      revokes a token; a gateway may still accept it for a minute

${stageOptionsHelp}
scopes: ${scopes.join(', ')}. admin includes all others, ads:write includes ads:read.
Exit codes: 0 done, 1 no such token, 2 wrong arguments, 4 the stage cannot be opened or does not answer.
`,
  parse: parseTokenArguments,
  check: (settings, { location, options: { verb } }) => {
    if (verb.type === 'create') refuseRateAbove(settings, location, verb.rate);
  },
  run: async (stage, { verb, json }, write) =>
    perform(createTokenStore(stage), verb, { write, show: json ? showJson : showText, json }),
};

const nameMax = 100;

const ownOptions = {
  name: value(
    `1 to ${nameMax} characters`,
    (given) => (given === '' || given.length > nameMax ? undefined : given),
    { about: 'of the token' },
  ),
  scopes: choices(scopes, { about: 'what it may do' }),
  rate: value(rateForm, parseRate, { about: 'its own limit of calls' }),
  expires: duration({ about: 'how long it works', unit: 'd', min: 1, max: 9999 }),
  grace: duration({ about: 'how long the old one works', unit: 'h', min: 0, max: 9999 }),
};
const graceSecondsDefault = 24 * 3600;

const optionsOfVerbs = {
  create: ['name', 'scopes', 'expires', 'rate'],
  list: [],
  rotate: ['grace'],
  revoke: [],
} as const;

export function parseTokenArguments(args: readonly string[]): Parsed<TokenOptions> {
  const { location, values, words, allow } = parseStageArguments(args, ownOptions, 2);
  const verb = toVerb(words, values);
  allow(verb.type, optionsOfVerbs[verb.type]);
  return {
    location: { ...location, create: verb.type === 'create' },
    options: { verb, json: values.json },
  };
}

function toVerb([verb, id]: readonly string[], values: Values<typeof ownOptions>): TokenVerb {
  switch (verb) {
    case undefined:
      throw new UsageError('a command is missing: create, list, rotate or revoke');
    case 'create':
      if (id !== undefined) throw new UsageError(`create makes the id itself; got ${id}`);
      return toCreate(values);
    case 'list':
      if (id !== undefined) throw new UsageError(`list takes no id; got ${id}`);
      return { type: 'list' };
    case 'rotate':
      return { type: 'rotate', id: tokenId(id), graceSeconds: values.grace ?? graceSecondsDefault };
    case 'revoke':
      return { type: 'revoke', id: tokenId(id) };
    default:
      throw new UsageError(`the command must be create, list, rotate or revoke; got ${verb}`);
  }
}

function toCreate({ name, scopes: wanted, expires, rate }: Values<typeof ownOptions>): TokenVerb {
  if (name === undefined) throw new UsageError(`--name is missing; it must be 1 to ${nameMax} characters`);
  if (wanted === undefined) throw new UsageError(`--scopes is missing; choose from ${scopes.join(', ')}`);
  return { type: 'create', name, scopes: wanted, rate, lifeSeconds: expires };
}

/** The usage plan in front of a deployed stage lets no more than its own rate through. */
function refuseRateAbove(
  { tokens }: StageSettings,
  { stage, data }: StageLocation,
  rate: RateSettings | undefined,
): void {
  if (rate === undefined || data !== undefined || stage === 'local') return;
  const most = tokens.rate;
  if (rate.ratePerSecond <= most.ratePerSecond && rate.burst <= most.burst) return;
  throw new UsageError(
    `--rate must be at most ${rateText(most)}, as deployed; got ${rateText(rate)}; raise tokens.rate of the stage and deploy`,
  );
}

function tokenId(id: string | undefined): string {
  if (id === undefined)
    throw new UsageError(`the id of the token is missing; ${commandLine('tokens')} list prints them`);
  if (/^[0-9a-f]{16}$/.test(id)) return id;
  throw new UsageError(`the id of a token must be 16 hex digits; got ${id}`);
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
      const { name, scopes: granted, rate, lifeSeconds } = verb;
      const made = await tokens.create({
        name,
        scopes: granted,
        ...(rate && { rate }),
        ...(lifeSeconds !== undefined && { lifeSeconds }),
      });
      show(write, [made.record], made);
      return exitCodes.done;
    }
    case 'list':
      show(write, await tokens.list());
      return exitCodes.done;
    case 'rotate': {
      const { id, graceSeconds } = verb;
      const made = await tokens.rotate(id, graceSeconds, (next) => {
        show(write, [next.record], next);
      });
      return made === undefined ? unknown(id) : exitCodes.done;
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
  for (const { id, name, scopes: granted, principal, rate, createdAtMs, expiresAt } of records) {
    const times = {
      created_at: dateOf(createdAtMs),
      expires_at: expiresAt === undefined ? null : dateOf(expiresAt * 1000),
    };
    const limit = rate === undefined ? null : { per_second: rate.ratePerSecond, burst: rate.burst };
    const facts = {
      id,
      name,
      scopes: granted,
      principal,
      rate: limit,
      ...times,
      ...(made && { token: made.text }),
    };
    write(`${JSON.stringify(facts)}\n`);
  }
}

function showText(write: Write, records: readonly TokenRecord[], made?: NewToken): void {
  if (records.length === 0) write('no tokens\n');
  for (const { id, name, scopes: granted, principal, rate, createdAtMs, expiresAt } of records) {
    const ends = expiresAt === undefined ? 'until it is revoked' : `until ${dateOf(expiresAt * 1000)}`;
    const limit = rate === undefined ? '' : `, ${rateText(rate)} calls/s`;
    write(
      `${id}  principal ${principal}  ${granted.join(',')}  since ${dateOf(createdAtMs)}, ${ends}${limit}  ${safeText(name, nameMax)}\n`,
    );
  }
  if (made !== undefined) {
    write(`\n${made.text}\n\nThis token is shown only once. Store it with your secrets.\n`);
  }
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString();
}
