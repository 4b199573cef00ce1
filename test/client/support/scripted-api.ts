import {
  createClient,
  type Client,
  type ClientDeps,
  type ClientOptions,
  type FetchedAnswer,
  type FetchOptions,
} from '../../../client/index.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts';
import { clientClock } from './client-clock.ts';

export interface SentRequest extends FetchOptions {
  readonly url: string;
  readonly atMs: number;
}

/** What a request gets: an answer, an error, or nothing until it is aborted. */
export type Step = ((request: SentRequest) => FetchedAnswer | Error) | 'silence';

export function answer(
  status: number,
  body: unknown = {},
  headers: Readonly<Record<string, string>> = {},
): () => FetchedAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  const all = new Headers({ 'Content-Type': type, ...headers });
  return () => ({ status, headers: all, text: () => Promise.resolve(text) });
}

export function problem(
  status: number,
  name: string,
  headers: Readonly<Record<string, string>> = {},
  errors: readonly unknown[] = [],
): () => FetchedAnswer {
  const body = { type: `urn:adtally:problem:${name}`, title: name, status, detail: 'Why.', errors };
  return answer(status, body, headers);
}

/** As Node's fetch fails: an error of its own around the system's. */
export function systemError(code: string): () => Error {
  return () => new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}

export const accepted = answer(202, {}, { 'Consistency-Token': 'a2.dev.e.s.1.1' });
export const health = answer(200, {
  status: 'ok',
  stage: 'local',
  version: '1',
  uptime_seconds: 1,
  ready: true,
});

export interface ScriptedApi {
  readonly client: Client;
  readonly clock: VirtualClock;
  readonly requests: readonly SentRequest[];
}

/** A client whose requests get the steps in turn, the last of them for ever; chance is always `random`. */
export function scriptedApi(
  steps: readonly Step[],
  {
    random = 0.5,
    autoAdvance = true,
    gzip,
    ...options
  }: Partial<ClientOptions> & {
    readonly random?: number;
    readonly autoAdvance?: boolean;
    readonly gzip?: ClientDeps['gzip'];
  } = {},
): ScriptedApi {
  const clock = createVirtualClock({ autoAdvance });
  const requests: SentRequest[] = [];
  let keys = 0;
  const client = createClient({
    baseUrl: 'http://api.test/',
    ...options,
    deps: {
      clock: clientClock(clock),
      random: () => random,
      gzip,
      newKey: () => `key-${++keys}`,
      fetch: async (url, init) => {
        const request = { ...init, url, atMs: clock.monotonicMs() };
        requests.push(request);
        const step = steps[Math.min(requests.length, steps.length) - 1] ?? 'silence';
        if (step === 'silence') return silence(init.signal);
        await Promise.resolve();
        const result = step(request);
        if (result instanceof Error) throw result;
        return result;
      },
    },
  });
  return { client, clock, requests };
}

function silence(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}

/** What a call rejected with. */
export async function rejection(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('the call did not fail');
}
