import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to a request on its way. */
export type Trouble =
  | 'none'
  /** Passed on only after the client has lost its patience and hung up. */
  | 'slow'
  | 'too-many'
  | 'unavailable'
  /** Passed on, and answered 503 all the same. */
  | 'unavailable-after'
  | 'cut-before'
  | 'cut-after'
  /** Passed on; the answer ends in the middle of its body. */
  | 'truncated';

export interface TroubleProxy {
  readonly url: string;
  /** Requests that arrived, by what happened to them. */
  readonly arrived: ReadonlyMap<Trouble, number>;
  readonly arrivals: number;
  /** Resolves when nothing is on its way to the server any more. */
  passedOn(): Promise<unknown>;
  close(): Promise<void>;
}

export interface TroubleOptions {
  /** The server behind it. */
  readonly target: string;
  readonly draw: () => Trouble;
}

/** Stands before a server and fails on purpose, before or after passing a request on. */
export async function openTroubleProxy({ target, draw }: TroubleOptions): Promise<TroubleProxy> {
  const arrived = new Map<Trouble, number>();
  const running = new Set<Promise<void>>();
  const listener = createServer((incoming, outgoing) => {
    const trouble = draw();
    arrived.set(trouble, (arrived.get(trouble) ?? 0) + 1);
    const handled = handle(trouble, incoming, outgoing).catch(() => {
      incoming.socket.destroy();
    });
    running.add(handled);
    void handled.finally(() => running.delete(handled));
  });

  async function handle(
    trouble: Trouble,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> {
    const body = await readAll(incoming);
    switch (trouble) {
      case 'cut-before':
        incoming.socket.destroy();
        return;
      case 'too-many':
        outgoing.writeHead(429, {
          'Retry-After': '1',
          RateLimit: '"t";r=0;t=1',
          'RateLimit-Policy': '"t";q=500;w=5',
        });
        outgoing.end();
        return;
      case 'unavailable':
        outgoing.writeHead(503).end();
        return;
      case 'slow':
        if (!incoming.socket.destroyed) await once(incoming.socket, 'close');
        break;
      case 'none':
      case 'unavailable-after':
      case 'cut-after':
      case 'truncated':
        break;
    }
    const answer = await passOn(target, incoming, body);
    if (trouble === 'cut-after') incoming.socket.destroy();
    else if (trouble === 'unavailable-after') outgoing.writeHead(503).end();
    else {
      outgoing.writeHead(answer.status, answer.headers);
      if (trouble !== 'truncated') outgoing.end(answer.body);
      else outgoing.write(answer.body.subarray(0, answer.body.length / 2), () => incoming.socket.destroy());
    }
  }

  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    arrived,
    get arrivals() {
      return [...arrived.values()].reduce((sum, count) => sum + count, 0);
    },
    passedOn: () => Promise.all(running),
    async close() {
      await Promise.all(running);
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

interface Passed {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

function passOn(target: string, incoming: IncomingMessage, body: Buffer): Promise<Passed> {
  return new Promise((resolve, reject) => {
    const { method, headers, url = '/' } = incoming;
    const sent = request(
      new URL(url, target),
      { method, headers: { ...headers, connection: 'close' } },
      (response) => {
        readAll(response).then((read) => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: read });
        }, reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
