/** A stage as deployed to the endpoint: its API over HTTP, its operators' commands, its tables. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScanCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

export const endpoint = process.env['AWS_ENDPOINT_URL'] ?? '';
export const outputs = JSON.parse(process.env['ADTALLY_OUTPUTS'] ?? '{}') as Record<string, string>;
const [, apiId, stage] =
  /^https:\/\/([^.]+)\.execute-api\.[^/]+\/([^/]+)\/$/.exec(outputs['ApiUrl'] ?? '') ?? [];
const base = `${endpoint}/restapis/${apiId}/${stage}/_user_request_`;

/** How long an acknowledged increment may take to be seen here: an emulator's pollers are in no hurry. */
export const countedWithinMs = 30_000;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** Runs `npm run tokens` as an operator would, on the deployed stage. */
export function tokens(...args: string[]): {
  readonly id: string;
  readonly token: string;
  readonly principal: string;
} {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['bin/tokens.ts', ...args, '--stage', 'localstack', '--json'],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`tokens ${args[0] ?? ''} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout === '' ? '{}' : stdout) as ReturnType<typeof tokens>;
}

/** MiniStack takes the API key from the request, where AWS has the authorizer name it. */
export function credentials({ token, principal }: ReturnType<typeof tokens>): Record<string, string> {
  return { authorization: `Bearer ${token}`, 'x-api-key': `adtally-localstack-${principal}` };
}

let admin: Record<string, string> | undefined;

/** A token that may do everything; made by the first call. */
function adminCredentials(): Record<string, string> {
  admin ??= credentials(tokens('create', '--name', 'tests', '--scopes', 'admin'));
  return admin;
}

/** `body`: bytes as they are, anything else as JSON. */
export async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      // MiniStack answers a POST on a kept-alive connection 40 ms late.
      connection: 'close',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...adminCredentials(),
      ...headers,
    },
    ...(body === undefined ? {} : { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}

export async function eventually<T>(
  withinMs: number,
  look: () => Promise<T>,
  done: (value: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await look();
    if (done(value) || performance.now() > deadline) return value;
    await sleep(250);
  }
}

export function counted(key: string, total: number): Promise<unknown> {
  // As a parameter: the emulator takes %2F in a path for a slash.
  const path = `/api/v1/counters?key=${encodeURIComponent(key)}`;
  return eventually(
    countedWithinMs,
    async () => ((await call('GET', path)).body['counters'] as { value: number }[])[0]?.value,
    (value) => value === total,
  );
}

export function newAd(endInMs: number): Record<string, unknown> {
  return {
    title: `ad ${randomUUID().slice(0, 8)}`,
    content: 'seen from outside',
    start_at: new Date(Date.now() - 60_000).toISOString(),
    end_at: new Date(Date.now() + endInMs).toISOString(),
    age_start: 20,
    age_end: 30,
    gender: ['F'],
    country: ['TW'],
    platform: ['ios'],
  };
}

export function operate(
  name: string,
  ...args: string[]
): { code: number | null; lines: Record<string, unknown>[] } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`bin/${name}.ts`, ...args, '--stage', 'localstack', '--json'],
    { encoding: 'utf8' },
  );
  if (stderr !== '') console.error(stderr);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { code: status, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

/** Recounts the whole log, believing no earlier audit. */
export async function audit(): Promise<ReturnType<typeof operate>> {
  const folder = await mkdtemp(join(tmpdir(), 'adtally-audit-'));
  const answer = operate('audit', '--state', join(folder, 'audit.ndjson'));
  await rm(folder, { recursive: true });
  return answer;
}

type Item = Record<string, AttributeValue>;

export function keyOf(item: Item | undefined): Item {
  const { pk, sk } = item ?? {};
  if (pk === undefined || sk === undefined) throw new Error('no such item');
  return { pk, sk };
}

export async function itemsOf(client: DynamoDBClient, table: string): Promise<Item[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
  return Items;
}

export const hour = 3_600_000;
