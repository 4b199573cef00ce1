import type { HttpAnswer } from '../audit/auditor.ts';
import { drawKey, drawUniqueValue, drawValue } from './counter-keys.ts';
import type { ClientWorld } from './client.ts';
import { drawOperation, drawUnsound, hex, type IncrementOperation } from './increment-operation.ts';

const triesMax = 6;
const tokensKept = 30;
const operationsKept = 20;
const burstMax = 250;
const burstShare = 0.03;

/** Sends increments of every sort, sends again what has a key, and reads what it has written. */
export async function counterClient(world: ClientWorld): Promise<void> {
  const { prng } = world;
  const tokens: { readonly key: string; readonly token: string }[] = [];
  const past: IncrementOperation[] = [];
  const pauseMs = prng.pick([200, 800, 3000]);
  const keepTokens = (found: readonly { key: string; token: string }[]): void => {
    tokens.push(...found);
    tokens.splice(0, tokens.length - tokensKept);
  };
  if (prng.chance(burstShare)) await burst(world);
  while (world.open) {
    await world.sleep(prng.int(1, 2 * pauseMs));
    const what = prng.int(1, 20);
    const again = past.length > 0 ? prng.pick(past) : undefined;
    if (what <= 6) await read(world, tokens);
    else if (what === 7 && again !== undefined) keepTokens(await send(world, again));
    else if (again !== undefined && world.strikes('key-with-other-body')) await misuseKey(world, again);
    else if (what === 8 && prng.chance(0.5)) await sendUnsound(world);
    else {
      const operation = drawOperation(prng, { longKeys: world.strikes('item-too-large') });
      keepTokens(await sendUntilDone(world, operation));
      if (operation.idempotencyKey !== undefined) past.push(operation);
      past.splice(0, past.length - operationsKept);
    }
  }
}

/** At once more keyed requests for one counter than a transaction has room for claims. */
async function burst(world: ClientWorld): Promise<void> {
  const { prng } = world;
  const key = drawKey(prng);
  const operations = Array.from({ length: prng.int(110, burstMax) }, () => {
    const increments = [{ key, value: drawValue(prng) }];
    const body = JSON.stringify(increments[0]);
    const [id, idempotencyKey] = [hex(prng, 4), `key-${hex(prng, 2)}`];
    return { id, idempotencyKey, target: '/increment', body, increments, representation: false };
  });
  await Promise.all(operations.map((operation) => sendUntilDone(world, operation)));
}

/**
 * A key makes sending again safe; without one, what was refused for certain is somebody else's next
 * operation.
 */
async function sendUntilDone(world: ClientWorld, operation: IncrementOperation) {
  const triesAtMost = operation.idempotencyKey === undefined ? 1 : world.prng.int(1, triesMax);
  for (let tries = 1; ; tries += 1) {
    const answer = await post(world, operation);
    const isDone =
      answer !== 'gave-up' && (answer.status < 400 ? answer.status !== 207 : answer.status === 422);
    if (isDone || tries >= triesAtMost || !world.open)
      return answer === 'gave-up' ? [] : tokensOf(operation, answer);
    await world.sleep(world.prng.int(1, 400) * 2 ** tries);
  }
}

async function send(world: ClientWorld, operation: IncrementOperation) {
  const answer = await post(world, operation);
  return answer === 'gave-up' ? [] : tokensOf(operation, answer);
}

/** The other body is one of a kind, or it would be the same request for all that anybody can tell. */
async function misuseKey(world: ClientWorld, { idempotencyKey }: IncrementOperation): Promise<void> {
  const increment = { key: drawKey(world.prng), value: drawUniqueValue(world.prng) };
  await post(world, {
    ...{ id: hex(world.prng, 4), idempotencyKey, representation: false },
    ...{ target: '/increment', body: JSON.stringify(increment), increments: [increment] },
  });
}

async function sendUnsound(world: ClientWorld): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await world.request({ method: 'POST', headers, ...drawUnsound(world.prng) });
}

function post(world: ClientWorld, operation: IncrementOperation): Promise<HttpAnswer | 'gave-up'> {
  const { id, target, body, idempotencyKey, representation } = operation;
  return world.request({
    method: 'POST',
    target,
    body,
    headers: {
      'content-type': 'application/json',
      traceparent: `00-${id}-${hex(world.prng, 2)}-01`,
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(representation && { prefer: 'return=representation' }),
    },
  });
}

function tokensOf({ increments, target }: IncrementOperation, answer: HttpAnswer) {
  const [first] = increments;
  const token = answer.headers['consistency-token'];
  if (first === undefined || token === undefined || target !== '/increment') return [];
  return [{ key: first.key, token }];
}

async function read(
  world: ClientWorld,
  tokens: readonly { readonly key: string; readonly token: string }[],
): Promise<void> {
  const { prng } = world;
  const known = Array.from({ length: tokens.length > 0 ? prng.int(0, 3) : 0 }, () => prng.pick(tokens));
  const keys = [
    ...known.map(({ key }) => key),
    ...Array.from({ length: prng.int(0, 4) }, () => drawKey(prng)),
  ];
  const key = encodeURIComponent(keys[0] ?? drawKey(prng));
  const others = keys
    .slice(1)
    .sort()
    .map((other) => `&key=${encodeURIComponent(other)}`);
  const target = prng.pick([
    `/increment/${key}`,
    `/api/v1/counters/${key}`,
    prng.pick([`/api/v1/hot-counters?limit=${prng.int(1, 100)}`, `/api/v1/counters?top=${prng.int(1, 100)}`]),
    `/api/v1/counters/${key}/series?bucket=${prng.pick(['minute', 'hour', 'day'])}`,
    `/api/v1/series?bucket=${prng.pick(['minute', 'hour', 'day'])}&key=${key}${others.join('')}`,
    `/api/v1/counters?key=${key}${others.join('')}`,
    `/api/v1/counters?key=${key}${others.join('')}`,
  ]);
  await world.request({
    method: 'GET',
    target,
    ...(known.length > 0 && {
      headers: { 'consistency-token': known.map(({ token }) => token).join(', ') },
    }),
  });
}
