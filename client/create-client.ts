import { Api } from './api.ts';
import { Batcher, type IncrementBatcher } from './batch/batcher.ts';
import { createBatchSender } from './batch/batch-sender.ts';
import type { BatcherOptions } from './batch/batch-policy.ts';
import type { Input } from './build-request.ts';
import type { CallOptions } from './call-types.ts';
import type { SenderFacts } from './call/sender.ts';
import { checkInput } from './check/check-input.ts';
import { platformDeps, type ClientDeps } from './deps.ts';
import type { Calls } from './generated/calls.ts';
import { checks } from './generated/checks.ts';
import { operations } from './generated/operations.ts';
import { browserConnections, makePolicy, type PolicyOptions } from './policy.ts';
import { createNodeGzip } from './transport/node-gzip.ts';
import { createNodeTransport } from './transport/node-transport.ts';
import { nodeModules } from './transport/node-modules.ts';

export interface ClientOptions {
  /** The address of the API, with the stage if it has one: `https://api.example.com/prod`. */
  readonly baseUrl: string;
  /**
   * A second address of the same deployment, such as another gateway before it, for when the first does not
   * answer. Not another deployment: Idempotency-Keys and Consistency-Tokens are valid in one only, so a
   * repeated write would be counted in both.
   */
  readonly fallbackUrl?: string;
  /** The API token, or a function that returns it, called before each call. Empty: none is sent. */
  readonly token?: string | (() => string);
  readonly policy?: PolicyOptions;
  /**
   * false: sends inputs unchecked, for an API that accepts more than this client knows. Default true: an input
   * that the API's document forbids is refused before it is sent.
   */
  readonly validate?: boolean;
  readonly deps?: Partial<ClientDeps>;
}

export interface Client extends Calls {
  /** Collects increments and sends them in batches. Each increment is counted once. */
  batchIncrements(options: BatcherOptions): IncrementBatcher;
  /** Counts of what the client has done. */
  facts(): SenderFacts;
}

/**
 * Creates a client of one API. Create one and keep it: it holds the retry budget, the circuit breaker, the
 * rate and the tokens.
 */
export function createClient(options: ClientOptions): Client {
  const { baseUrl, fallbackUrl, token, policy, validate = true, deps } = options;
  const node = nodeModules();
  const clock = deps?.clock ?? platformDeps.clock;
  const urls = [baseUrl, ...(fallbackUrl === undefined ? [] : [fallbackUrl])];
  // Browsers also take an address relative to the page.
  if (node !== undefined) urls.forEach(assertAddress);
  const api = new Api({
    baseUrls: urls.map((url) => url.replace(/\/+$/, '')),
    token: typeof token === 'string' ? () => token : token,
    policy: makePolicy(policy, node === undefined ? browserConnections : undefined),
    deps: {
      ...platformDeps,
      ...(node !== undefined && { fetch: createNodeTransport(node, clock), gzip: createNodeGzip(node) }),
      ...deps,
    },
  });
  const calls = Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [
      name,
      async (input: Input = {}, options?: CallOptions) => {
        if (validate) checkInput(name, checks[name as keyof Calls], input);
        return api.call(operation, input, options);
      },
    ]),
  ) as unknown as Calls;
  return {
    ...calls,
    batchIncrements: (options) => new Batcher(createBatchSender(api, options), api.deps.clock, options),
    facts: () => api.sender.facts,
  };
}

function assertAddress(url: string): void {
  if (/^https?:\/\/[^/?#]/i.test(url) && !/[?#]/.test(url) && URL.canParse(url)) return;
  throw new TypeError(
    `"${url}" is not an address of an API: pass one that begins with https:// or http://, with the stage`,
  );
}
