import type { Fetch } from '../../../client/index.ts';
import { assert } from '../../core/assert.ts';
import { HttpConnection, type HttpAnswer } from './http-connection.ts';

export interface ConnectionFetch {
  readonly fetch: Fetch;
  close(): void;
}

/**
 * The client's transport over our own lean connections: the platform's `fetch` would take more of the processor than the
 * server that the demo measures. A request takes the connection that was free last; no more than `connections` may be
 * under way.
 */
export function createConnectionFetch(url: URL, connections: number): ConnectionFetch {
  const free = Array.from({ length: connections }, () => new HttpConnection(url));
  const all = [...free];
  return {
    fetch: async (address, { method, headers, body, signal }) => {
      const connection = free.pop();
      assert(connection !== undefined, `at most ${connections} requests are under way`);
      const end = (): void => {
        connection.close();
      };
      signal?.addEventListener('abort', end, { once: true });
      try {
        const path = address.slice(url.origin.length);
        return toFetched(
          await connection.ask({ method, path, headers, ...(body !== undefined && { body }) }),
        );
      } finally {
        signal?.removeEventListener('abort', end);
        free.push(connection);
      }
    },
    close: () => {
      for (const connection of all) connection.close();
    },
  };
}

function toFetched({ statusCode, headers, body }: HttpAnswer): Awaited<ReturnType<Fetch>> {
  return {
    status: statusCode,
    headers: { get: (name) => headers[name.toLowerCase()] ?? null },
    text: () => Promise.resolve(body),
  };
}
