import { afterEach, expect } from '@jest/globals';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../../lib/adapters/system/system-ids.ts';
import {
  startHttpServer,
  type HttpServer,
  type HttpServerOptions,
} from '../../../lib/embedded/http/http-server.ts';
import { RawClient } from '../../support/raw-client.ts';

let httpServer: HttpServer;
let clients: RawClient[] = [];

/** Closes the connections and stops the server after each test of the file that calls this. */
export function stopServerAfterEach(): void {
  afterEach(async () => {
    for (const client of clients) await client.destroy();
    clients = [];
    await httpServer.stop();
  });
}

/** Starts a server on a free port. */
export async function openServer(
  options: Pick<HttpServerOptions, 'handler' | 'limits' | 'browserRules'> &
    Partial<Pick<HttpServerOptions, 'clock'>>,
): Promise<HttpServer> {
  httpServer = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    ids: systemIds,
    ...options,
  });
  return httpServer;
}

/** A connection to the server, or to another one on this machine. */
export function connect(port = httpServer.port): RawClient {
  const client = new RawClient(port);
  clients.push(client);
  return client;
}

export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 20_000 && !condition(); tries += 1) await systemClock.sleep(5);
  expect(condition()).toBe(true);
}
