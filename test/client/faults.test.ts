import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AdtallyError,
  createClient,
  defaultPolicy,
  type Client,
  type FailedIncrements,
  type PolicyOptions,
} from '../../client/index.ts';
import { startRuntime, type Runtime } from '../../lib/embedded/runtime.ts';
import { stageSettings } from '../../lib/stages.ts';
import { Prng } from '../support/prng.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { openTroubleProxy, type Trouble, type TroubleProxy } from './support/trouble-proxy.ts';

/** The client against the real pipeline, behind a proxy that fails on purpose. */

/** Ample for a busy machine; only what the proxy does not answer at all takes it. */
const tryTimeoutMs = 1500;
const policy: PolicyOptions = {
  tryTimeoutMs,
  callTimeoutMs: 20_000,
  backoff: { baseMs: 2, maxMs: 50 },
  retryBudget: { ratio: 0.1, burst: 10, perSecond: 40 },
  breaker: { windowMs: 1000, openMs: 50 },
};

/** Of seventy requests so many, in an order drawn anew for each seventy; the rest passes. */
const shares: Readonly<Record<Exclude<Trouble, 'none'>, number>> = {
  slow: 1,
  'too-many': 1,
  unavailable: 4,
  'unavailable-after': 4,
  'cut-before': 4,
  'cut-after': 4,
  truncated: 4,
};
const deckSize = 70;

let folder: string;
let runtime: Runtime;
/** Without the proxy. */
let auditor: Client;
const proxies: TroubleProxy[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-client-'));
  runtime = await startRuntime({ folder, settings: stageSettings('local'), log: nullTelemetry });
  auditor = createClient({ baseUrl: runtime.url });
});

afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close();
});

afterAll(async () => {
  await runtime.stop();
  await rm(folder, { recursive: true });
});

async function openTrouble(seed: number): Promise<TroubleProxy> {
  const prng = new Prng(seed);
  const troubles = Object.entries(shares).flatMap(([name, count]) =>
    Array<Trouble>(count).fill(name as Trouble),
  );
  const passing = Array<Trouble>(deckSize - troubles.length).fill('none');
  const deck: Trouble[] = [];
  const draw = (): Trouble => {
    if (deck.length === 0) deck.push(...troubles, ...passing);
    return deck.splice(prng.int(0, deck.length - 1), 1)[0] ?? 'none';
  };
  const proxy = await openTroubleProxy({ target: runtime.url, draw });
  proxies.push(proxy);
  return proxy;
}

/** What is counted of these keys, once at least `least` is there and a while has passed for more to show. */
async function counted(keys: readonly string[], least: number): Promise<number> {
  for (let look = 0; look < 2000; look++) {
    if ((await total(keys)) >= least) break;
    await sleep(20);
  }
  await sleep(500);
  return total(keys);
}

async function total(keys: readonly string[]): Promise<number> {
  const { body } = await auditor.getCounters({ key: keys });
  return body.counters.reduce((sum, { value }) => sum + Number(value), 0);
}

/** Every kind of trouble happened, and the server saw no more than the budget allows. */
function expectBudgetKept(proxy: TroubleProxy, client: Client, startedMs: number): void {
  const { calls, tries, retries } = client.facts();
  const { ratio, burst, perSecond } = { ...defaultPolicy.retryBudget, ...policy.retryBudget };
  const seconds = (performance.now() - startedMs) / 1000;
  expect([...proxy.arrived.keys()].sort()).toEqual([...Object.keys(shares), 'none'].sort());
  expect(proxy.arrivals).toBe(tries);
  expect(retries).toBeGreaterThan(0);
  expect(proxy.arrivals).toBeLessThanOrEqual(calls + burst + ratio * calls + perSecond * seconds);
}

const keysOf = (name: string): string[] => Array.from({ length: 30 }, (_, index) => `${name}-${index}`);

describe('increments through a connection that fails in every way', () => {
  it('are counted once each when the batcher sends them', async () => {
    const proxy = await openTrouble(1);
    const client = createClient({ baseUrl: proxy.url, policy });
    const failed: FailedIncrements[] = [];
    const batcher = client.batchIncrements({
      batchEntriesMax: 5,
      flushEveryMs: 5,
      inFlightMax: 4,
      queueEntriesMax: 50,
      patienceMs: 60_000,
      onFailed: (one) => failed.push(one),
    });
    const keys = keysOf('batched');
    const startedMs = performance.now();
    const increments = 375;
    for (let n = 0; n < increments; n++) await batcher.add(keys[n % keys.length] ?? '', 1 + (n % 3));
    await batcher.close(60_000);
    expect(failed).toEqual([]);
    expect(batcher.facts()).toMatchObject({ added: increments, acknowledged: increments, queued: 0 });
    expectBudgetKept(proxy, client, startedMs);
    await proxy.passedOn();
    expect(await counted(keys, 2 * increments)).toBe(2 * increments);
  });

  it('are counted once each when their calls are repeated with the key that a failure brings', async () => {
    const proxy = await openTrouble(2);
    const client = createClient({ baseUrl: proxy.url, policy: { ...policy, triesMax: 2 } });
    const keys = keysOf('keyed');
    const startedMs = performance.now();
    let givenUp = 0;
    const send = async (n: number): Promise<void> => {
      let idempotencyKey: string | undefined;
      for (let call = 0; call < 200; call++) {
        try {
          await client.increment({ body: { key: keys[n % keys.length] ?? '', value: 1 }, idempotencyKey });
          return;
        } catch (error) {
          if (!(error instanceof AdtallyError) || !error.retryable) throw error;
          givenUp += 1;
          idempotencyKey = error.idempotencyKey;
          await sleep(20);
        }
      }
      throw new Error('not acknowledged after 200 calls');
    };
    await inParallel(90, 20, send);
    expect(givenUp).toBeGreaterThan(0);
    expectBudgetKept(proxy, client, startedMs);
    await proxy.passedOn();
    expect(await counted(keys, 90)).toBe(90);
  });

  it('without keys are counted once if acknowledged, at most once if ambiguous, and else not at all', async () => {
    const proxy = await openTrouble(3);
    const client = createClient({ baseUrl: proxy.url, policy });
    const keys = keysOf('unkeyed');
    const startedMs = performance.now();
    const outcomes = { acknowledged: 0, ambiguous: 0, refused: 0 };
    await inParallel(90, 20, async (n) => {
      const key = keys[n % keys.length] ?? '';
      for (let call = 0; call < 500; call++) {
        try {
          await client.increment({ body: { key, value: 1 } }, { keyed: false });
          outcomes.acknowledged += 1;
          return;
        } catch (error) {
          if (!(error instanceof AdtallyError)) throw error;
          if (error.code !== 'circuit-open' || error.ambiguous) {
            outcomes[error.ambiguous ? 'ambiguous' : 'refused'] += 1;
            return;
          }
          // Nothing was sent: the caller may try later, and does.
          await sleep(20);
        }
      }
      throw new Error('the circuit stayed open for 500 calls');
    });
    expect(outcomes.ambiguous).toBeGreaterThan(0);
    expectBudgetKept(proxy, client, startedMs);
    await proxy.passedOn();
    const sum = await counted(keys, outcomes.acknowledged);
    expect(sum).toBeGreaterThan(outcomes.acknowledged);
    expect(sum).toBeLessThanOrEqual(outcomes.acknowledged + outcomes.ambiguous);
  });

  it('are seen by the client’s own reads at once', async () => {
    const proxy = await openTrouble(4);
    const client = createClient({
      baseUrl: proxy.url,
      policy: { ...policy, triesMax: 50, breaker: { failureShare: 2 } },
    });
    for (let n = 1; n <= 25; n++) {
      await client.increment({ body: { key: 'own', value: 1 } });
      expect((await client.getTotal({ key: 'own' })).body).toEqual({ own: n });
    }
  });
});

describe('a server that fails every time', () => {
  // Covers RETRIES.1 (docs/security.md).
  it('gets no more requests than the calls and the retry budget together', async () => {
    const proxy = await openTroubleProxy({ target: runtime.url, draw: () => 'unavailable' });
    proxies.push(proxy);
    const client = createClient({
      baseUrl: proxy.url,
      policy: { ...policy, retryBudget: { perSecond: 0 }, breaker: { failureShare: 2 } },
    });
    const calls = 100;
    await inParallel(calls, 10, async (n) => {
      const call = client.increment({ body: { key: `never-${n}`, value: 1 } });
      await expect(call).rejects.toMatchObject({ code: 'http-503', retryable: true });
    });
    const { ratio, burst } = defaultPolicy.retryBudget;
    expect(proxy.arrivals).toBeGreaterThan(calls + burst);
    expect(proxy.arrivals).toBeLessThanOrEqual(calls + burst + ratio * calls);
  });
});

async function inParallel(count: number, lanes: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) await work(n);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
