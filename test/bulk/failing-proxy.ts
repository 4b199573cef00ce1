import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** What becomes of an import on its way: it arrives; it is answered 503; it arrives and its answer is lost. */
export type Fate = 'arrives' | 'refused' | 'answer-lost';

export interface FailingProxy {
  readonly url: string;
  /** The imports that came. */
  readonly imports: () => number;
  /** The statuses of the server's answers. */
  readonly statuses: ReadonlySet<number>;
  close(): Promise<void>;
}

/** Stands before a server and does to import n, from 0, what `fateOf` says; all other calls arrive. */
export async function startFailingProxy(target: URL, fateOf: (call: number) => Fate): Promise<FailingProxy> {
  let imports = 0;
  const statuses = new Set<number>();
  const server = createServer((incoming, outgoing) => {
    const fate = incoming.url?.includes('ads:import') === true ? fateOf(imports++) : 'arrives';
    if (fate === 'refused') {
      incoming.resume();
      outgoing.writeHead(503, { 'Retry-After': '0' }).end();
    } else
      passOn(target, incoming, outgoing, (answer) => {
        statuses.add(answer.statusCode ?? 0);
        return fate !== 'answer-lost';
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    imports: () => imports,
    statuses,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function passOn(
  target: URL,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  goesBack: (answer: IncomingMessage) => boolean,
): void {
  const { method = 'GET', url = '/', headers } = incoming;
  const passed = request(
    new URL(url, target),
    { method, headers: { ...headers, host: target.host } },
    (answer) => {
      if (!goesBack(answer)) {
        // Only when the server has done its work.
        answer.resume().on('end', () => outgoing.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    },
  );
  passed.on('error', () => outgoing.destroy());
  incoming.pipe(passed);
}
