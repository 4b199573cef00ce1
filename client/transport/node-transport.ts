import { neverSentCode } from '../call/try-once.ts';
import type { ClientClock, Fetch, FetchedAnswer } from '../deps.ts';
import type { OperationClass } from '../operation-class.ts';
import type { NodeModules } from './node-modules.ts';

/** A connection without a request is closed after this time, before a server or a gateway closes it. */
const idleMs = 4000;
/** An answer, also once it is uncompressed. The largest one of the API is 6 MiB. */
const answerBytesMax = 32 * 1024 * 1024;

/** Nothing was sent. */
class NeverSentError extends Error {
  readonly code = neverSentCode;

  constructor(cause: unknown) {
    super('no connection', { cause });
  }
}

type Agent = InstanceType<NodeModules['http']['Agent']>;
type Sent = ReturnType<NodeModules['http']['request']>;
type Incoming = Parameters<Parameters<NodeModules['http']['request']>[2] & object>[0];

/**
 * Sends requests by Node's own HTTP client. Each class of operations has its own connections, which are kept
 * and used again. Unlike `fetch` it has a time-out of the connection alone, it knows for certain whether a
 * request was sent, and it follows no redirects.
 */
export function createNodeTransport(
  { http, https, zlib }: NodeModules,
  clock: ClientClock,
  bytesMax = answerBytesMax,
): Fetch {
  const options = { keepAlive: true, timeout: idleMs, scheduling: 'lifo' } as const;
  const agents = new Map<string, Agent>();
  const agentOf = (isSecure: boolean, operationClass: OperationClass | undefined): Agent => {
    const name = `${isSecure} ${operationClass}`;
    const agent = agents.get(name) ?? (isSecure ? new https.Agent(options) : new http.Agent(options));
    agents.set(name, agent);
    return agent;
  };

  return (url, { method, headers, body, signal, operationClass, connectTimeoutMs }) =>
    new Promise((resolve, reject) => {
      const isSecure = /^https:/i.test(url);
      const sent = (isSecure ? https : http).request(url, {
        method,
        headers: { ...headers, 'Accept-Encoding': 'gzip' },
        agent: agentOf(isSecure, operationClass),
      });
      const connection = watchConnection(sent, { isSecure, clock, connectTimeoutMs });
      const end = (): void => {
        connection.stopTimer();
        signal?.removeEventListener('abort', onAbort);
      };
      const fail = (error: unknown): void => {
        end();
        reject(connection.isOpen() ? (error as Error) : new NeverSentError(error));
        sent.destroy();
      };
      const onAbort = (): void => {
        fail(signal?.reason);
      };
      sent.on('error', fail);
      if (signal?.aborted === true) {
        onAbort();
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      sent.on('response', (incoming) => {
        readAnswer(incoming, { zlib, bytesMax }).then((answer) => {
          end();
          resolve(answer);
        }, fail);
      });
      sent.end(body);
    });
}

interface Connection {
  /** The request may have been sent. */
  isOpen(): boolean;
  stopTimer(): void;
}

function watchConnection(
  sent: Sent,
  options: {
    readonly isSecure: boolean;
    readonly clock: ClientClock;
    readonly connectTimeoutMs: number | undefined;
  },
): Connection {
  const { isSecure, clock, connectTimeoutMs } = options;
  let isOpen = false;
  let stopTimer = (): void => undefined;
  sent.once('socket', (socket) => {
    if (sent.reusedSocket) {
      isOpen = true;
      return;
    }
    if (connectTimeoutMs !== undefined) {
      stopTimer = clock.after(connectTimeoutMs, () => {
        sent.destroy(new Error(`no connection within ${connectTimeoutMs} ms`));
      });
    }
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      isOpen = true;
      stopTimer();
    });
  });
  return {
    isOpen: () => isOpen,
    stopTimer: () => {
      stopTimer();
    },
  };
}

interface Reading {
  readonly zlib: NodeModules['zlib'];
  readonly bytesMax: number;
}

async function readAnswer(incoming: Incoming, reading: Reading): Promise<FetchedAnswer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > reading.bytesMax) throw new Error(`the answer has more than ${reading.bytesMax} bytes`);
  }
  const body = Buffer.concat(chunks);
  const isGzip = incoming.headers['content-encoding'] === 'gzip' && bytes > 0;
  const text = (isGzip ? await gunzip(body, reading) : body).toString('utf8');
  return {
    status: incoming.statusCode ?? 0,
    headers: { get: (name) => incoming.headers[name.toLowerCase()]?.toString() ?? null },
    text: () => Promise.resolve(text),
  };
}

function gunzip(body: Buffer, { zlib, bytesMax }: Reading): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    zlib.gunzip(body, { maxOutputLength: bytesMax }, (error, text) => {
      if (error === null) resolve(text);
      else reject(error);
    });
  });
}
