import { createClient, type Client, type Fetch, type PolicyOptions } from '../../../client/index.ts';
import { assert } from '../../../lib/core/assert.ts';
import { HttpConnection } from '../../support/http-connection.ts';

/** A server under load, and the API token for it if it requires one. */
export interface Endpoint {
  readonly url: URL;
  readonly token?: string | undefined;
}

export interface OpenClient {
  readonly client: Client;
  readonly close: () => void;
}

export function bearerHeaders(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

/**
 * Our client over HttpConnection. A call takes the connection that was free last; no more than `connections`
 * may be under way.
 */
export function openClient(
  { url, token = '' }: Endpoint,
  connections = 1,
  policy: PolicyOptions = {},
): OpenClient {
  const classes = { increments: connections, counters: connections, ads: connections, other: connections };
  const limits: PolicyOptions = { connections: classes };
  const all = Array.from({ length: connections }, () => new HttpConnection(url));
  const free = [...all];
  const fetch: Fetch = async (address, { method, headers, body, signal }) => {
    const connection = free.pop();
    assert(connection !== undefined, `at most ${connections} requests are under way`);
    const end = (): void => {
      connection.close();
    };
    signal?.addEventListener('abort', end, { once: true });
    try {
      const path = address.slice(url.origin.length);
      const answer = await connection.ask({
        method,
        path,
        headers,
        ...(typeof body === 'string' && { body }),
      });
      return {
        status: answer.statusCode,
        headers: { get: (name) => answer.headers[name.toLowerCase()] ?? null },
        text: () => Promise.resolve(answer.body),
      };
    } finally {
      signal?.removeEventListener('abort', end);
      free.push(connection);
    }
  };
  return {
    client: createClient({
      baseUrl: url.origin,
      token,
      deps: { fetch, gzip: undefined },
      policy: { ...limits, ...policy },
    }),
    close: () => {
      for (const connection of all) connection.close();
    },
  };
}
