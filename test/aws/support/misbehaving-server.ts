import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with one request. */
export type Behaviour =
  /** Reads the request and never answers. */
  | { readonly type: 'hang' }
  /** Reads the request and resets the connection. */
  | { readonly type: 'reset' }
  /** Sends the head and half of the body, then resets, or sends no more. */
  | { readonly type: 'cut' | 'stall'; readonly body: unknown }
  /** Sends a byte now and then, for ever. */
  | { readonly type: 'trickle' }
  | { readonly type: 'answer'; readonly status: number; readonly body: unknown }
  /** Lets a real endpoint do the work, and answers with what it said, or `loses` the answer. */
  | { readonly type: 'forward'; readonly endpoint: string; readonly loses: boolean };

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** `DynamoDB_20120810.PutItem`, `Kinesis_20131202.PutRecords`; '' for REST services. */
  readonly target: string;
  readonly body: string;
}

export interface MisbehavingServer {
  readonly endpoint: string;
  readonly received: readonly ReceivedRequest[];
  /** TCP connections so far. */
  readonly connections: number;
  /** What to do from now on, by request; forgets what was received. */
  behave(next: (request: ReceivedRequest, index: number) => Behaviour): void;
  close(): Promise<void>;
}

export async function startMisbehavingServer(): Promise<MisbehavingServer> {
  const received: ReceivedRequest[] = [];
  let connections = 0;
  let choose: (request: ReceivedRequest, index: number) => Behaviour = () => ({ type: 'reset' });
  const server = createServer((incoming, response) => {
    void readBody(incoming).then((bytes) => {
      const request = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        target: String(incoming.headers['x-amz-target'] ?? ''),
        body: bytes.toString('utf8'),
      };
      received.push(request);
      misbehave(choose(request, received.length - 1), { incoming, bytes, response });
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    received,
    get connections() {
      return connections;
    },
    behave(next) {
      received.length = 0;
      choose = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An error as the JSON protocols say it. */
export function awsError(status: number, name: string, fields: object = {}): Behaviour {
  return {
    type: 'answer',
    status,
    body: { __type: `com.amazonaws#${name}`, message: `${name}, on purpose`, ...fields },
  };
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly bytes: Buffer;
  readonly response: ServerResponse;
}

const trickleMs = 50;

function misbehave(behaviour: Behaviour, exchange: Exchange): void {
  const { response } = exchange;
  switch (behaviour.type) {
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'cut':
    case 'stall': {
      const text = toText(behaviour.body);
      response.writeHead(200, { ...contentType, 'content-length': Buffer.byteLength(text) });
      response.write(text.slice(0, Math.floor(text.length / 2)), () => {
        if (behaviour.type === 'cut') response.socket?.resetAndDestroy();
      });
      return;
    }
    case 'trickle': {
      response.writeHead(200, contentType);
      const timer = setInterval(() => response.write(' '), trickleMs);
      response.once('close', () => {
        clearInterval(timer);
      });
      return;
    }
    case 'answer':
      response.writeHead(behaviour.status, contentType);
      response.end(toText(behaviour.body));
      return;
    case 'forward':
      forward(behaviour.endpoint, behaviour.loses, exchange);
      return;
  }
}

const contentType = { 'content-type': 'application/x-amz-json-1.1' };

/** A text goes as it is. */
function toText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function forward(endpoint: string, loses: boolean, { incoming, bytes, response }: Exchange): void {
  const headers = { ...incoming.headers, host: new URL(endpoint).host, connection: 'close' };
  const url = new URL(incoming.url ?? '/', endpoint);
  const outgoing = httpRequest(url, { method: incoming.method, headers }, (answer) => {
    void readBody(answer).then((body) => {
      if (loses) {
        response.socket?.resetAndDestroy();
        return;
      }
      response.writeHead(answer.statusCode ?? 500, contentType);
      response.end(body);
    });
  });
  outgoing.once('error', () => response.socket?.resetAndDestroy());
  outgoing.end(bytes);
}

async function readBody(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
