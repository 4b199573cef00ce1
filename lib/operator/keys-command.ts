import {
  listSigningKeys,
  retiredDays,
  rotateSigningKeys,
  type Rotation,
  type SigningKey,
} from '../app/delivery/signing-keys.ts';
import { commandLine, UsageError } from '../options.ts';
import {
  exitCodes,
  parseStageArguments,
  stageOptionsHelp,
  type ExitCode,
  type Parsed,
  type StageCommand,
  type Write,
} from './stage-command.ts';

export interface KeysOptions {
  readonly verb: 'list' | 'rotate';
  readonly json: boolean;
}

/** `npm run keys`: lists and rotates the keys that sign decisions. */
export const keysCommand: StageCommand<KeysOptions> = {
  name: 'keys',
  help: `Manages the keys that sign decisions and the links of clicks: ${commandLine('keys')} <command> [options]

  list             all keys, without their secrets; the first decision makes the first one
  rotate           makes a new key, which signs five minutes later, when every container has read it; the one before
                   goes on verifying for ${retiredDays} days. Keys are at least a day apart.

${stageOptionsHelp}
Exit codes: 0 done, 1 refused: the last key is younger than a day, 2 wrong arguments, 4 the stage cannot be opened or
does not answer.
`,
  parse: parseKeysArguments,
  async run(stage, { verb, json }, write) {
    if (verb === 'rotate') {
      const rotation = await rotateSigningKeys(stage);
      if (rotation.status !== 'made') return refuse(rotation, json, write);
    }
    const keys = await listSigningKeys(stage);
    if (keys.length === 0 && !json) write('no keys: the first decision makes one\n');
    const nowMs = stage.clock.nowMs();
    for (const key of keys) write(json ? jsonLine(key, nowMs) : textLine(key, nowMs));
    return exitCodes.done;
  },
};

export function parseKeysArguments(args: readonly string[]): Parsed<KeysOptions> {
  const { location, values, words } = parseStageArguments(args, {}, 1);
  const [verb] = words;
  if (verb === undefined) throw new UsageError('a command is missing: list or rotate');
  if (verb !== 'list' && verb !== 'rotate')
    throw new UsageError(`the command must be list or rotate; got ${verb}`);
  return { location, options: { verb, json: values.json } };
}

function refuse(rotation: Exclude<Rotation, { status: 'made' }>, json: boolean, write: Write): ExitCode {
  if (rotation.status === 'overtaken') {
    write(json ? '{"status":"overtaken"}\n' : 'another rotation ran at the same time; list shows its key\n');
    return exitCodes.found;
  }
  const { id, againAtMs } = rotation;
  const at = dateOf(againAtMs);
  write(
    json
      ? `${JSON.stringify({ status: 'too-soon', id, again_at: at })}\n`
      : `key ${id} is younger than a day; rotate again at ${at}\n`,
  );
  return exitCodes.found;
}

type State = 'next' | 'signs' | 'verifies' | 'expired';

function stateOf({ signsFromMs, signsUntilMs, expiresAt }: SigningKey, nowMs: number): State {
  if (expiresAt !== undefined && expiresAt * 1000 <= nowMs) return 'expired';
  if (signsFromMs > nowMs) return 'next';
  return signsUntilMs > nowMs ? 'signs' : 'verifies';
}

function jsonLine(key: SigningKey, nowMs: number): string {
  const { id, createdAtMs, signsFromMs, expiresAt } = key;
  const facts = {
    id,
    state: stateOf(key, nowMs),
    created_at: dateOf(createdAtMs),
    signs_from: dateOf(signsFromMs),
    expires_at: expiresAt === undefined ? null : dateOf(expiresAt * 1000),
  };
  return `${JSON.stringify(facts)}\n`;
}

function textLine(key: SigningKey, nowMs: number): string {
  const { id, createdAtMs, signsFromMs, expiresAt } = key;
  const ends = expiresAt === undefined ? '' : `, until ${dateOf(expiresAt * 1000)}`;
  const from = stateOf(key, nowMs) === 'next' ? `signs from ${dateOf(signsFromMs)}` : stateOf(key, nowMs);
  return `${id}  ${from}, made ${dateOf(createdAtMs)}${ends}\n`;
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString();
}
