import { createTokenStore, type NewToken, type TokenRecord } from '../lib/app/tokens/token-store.ts';
import { openStage } from '../lib/operator/open-stage.ts';
import { parseTokenArguments, tokensHelp, type TokenCommand } from '../lib/operator/token-options.ts';

/** `npm run tokens`: makes, lists, rotates and revokes the API tokens of a stage. */
const parsed = parseTokenArguments(process.argv.slice(2));
switch (parsed.type) {
  case 'help':
    process.stdout.write(tokensHelp);
    break;
  case 'faulty':
    process.stderr.write(`${parsed.message}.\nTry: npm run tokens -- --help\n`);
    process.exitCode = 2;
    break;
  case 'run':
    try {
      process.exitCode = await run(parsed);
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
    break;
}

async function run({ command, stage, data, json }: Extract<typeof parsed, { type: 'run' }>): Promise<number> {
  const opened = await openStage({ stage, data, create: command.type === 'create' });
  try {
    return await perform(createTokenStore(opened), command, json ? showJson : showText);
  } finally {
    await opened.close();
  }
}

type Show = (records: readonly TokenRecord[], made?: NewToken) => void;

async function perform(
  tokens: ReturnType<typeof createTokenStore>,
  command: TokenCommand,
  show: Show,
): Promise<number> {
  switch (command.type) {
    case 'create': {
      const { name, scopes, lifeSeconds } = command;
      const made = await tokens.create({ name, scopes, ...(lifeSeconds !== undefined && { lifeSeconds }) });
      show([made.record], made);
      return 0;
    }
    case 'list':
      show(await tokens.list());
      return 0;
    case 'rotate': {
      const made = await tokens.rotate(command.id, command.graceSeconds);
      if (made === undefined) return unknown(command.id);
      show([made.record], made);
      return 0;
    }
    case 'revoke':
      if (!(await tokens.revoke(command.id))) return unknown(command.id);
      process.stderr.write(`revoked ${command.id}; gateways forget it within a minute\n`);
      return 0;
  }
}

function unknown(id: string): number {
  process.stderr.write(`${id}: no such token; npm run tokens -- list shows all\n`);
  return 1;
}

function showJson(records: readonly TokenRecord[], made?: NewToken): void {
  for (const { id, name, scopes, principal, createdAtMs, expiresAt } of records) {
    const facts = {
      id,
      name,
      scopes,
      principal,
      created_at: dateOf(createdAtMs),
      expires_at: null as string | null,
    };
    if (expiresAt !== undefined) facts.expires_at = dateOf(expiresAt * 1000);
    process.stdout.write(`${JSON.stringify({ ...facts, ...(made && { token: made.text }) })}\n`);
  }
}

function showText(records: readonly TokenRecord[], made?: NewToken): void {
  if (records.length === 0) process.stdout.write('no tokens\n');
  for (const { id, name, scopes, createdAtMs, expiresAt } of records) {
    const ends = expiresAt === undefined ? 'until it is revoked' : `until ${dateOf(expiresAt * 1000)}`;
    process.stdout.write(`${id}  ${scopes.join(',')}  since ${dateOf(createdAtMs)}, ${ends}  ${name}\n`);
  }
  if (made !== undefined) {
    process.stdout.write(
      `\n${made.text}\n\nThis is the only time it is shown: keep it where secrets are kept.\n`,
    );
  }
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString();
}
