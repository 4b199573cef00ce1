import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What Lambda hands to a function. */
export interface Invocation {
  readonly requestId: string;
  readonly event: unknown;
  /** Milliseconds since 1970. */
  readonly deadlineMs: number;
  readonly functionArn: string;
  /** The value of `_X_AMZN_TRACE_ID`. */
  readonly trace: string;
}

/** What the runtime client posted: an answer, an error of the handler, or one of its start. */
export interface Posted {
  readonly type: 'response' | 'error' | 'init-error';
  readonly body: string;
}

/**
 * Lambda's side of its Runtime API, version 2018-06-01, for one environment
 * (docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
 */
export class RuntimeApi {
  readonly #server: Server;
  #waiting: ServerResponse | undefined;
  #queued: Invocation | undefined;
  /** The client waits for an event and has none. */
  onNext: () => void = () => undefined;
  onPosted: (posted: Posted) => void = () => undefined;

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
  }

  /** Resolves to `host:port`. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  hand(invocation: Invocation): void {
    this.#queued = invocation;
    this.#send();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace('/2018-06-01/runtime/', '');
    if (request.method === 'GET' && path === 'invocation/next') {
      this.#waiting = response;
      if (this.#queued === undefined) this.onNext();
      else this.#send();
      return;
    }
    const body = await text(request);
    const [, end] = /^invocation\/[^/]+\/(response|error)$/.exec(path) ?? [];
    const type = path === 'init/error' ? 'init-error' : end;
    if (type !== 'response' && type !== 'error' && type !== 'init-error') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(202, { 'Content-Type': 'application/json' }).end('{"status":"OK"}');
    this.onPosted({ type, body });
  }

  #send(): void {
    const [response, invocation] = [this.#waiting, this.#queued];
    if (response === undefined || invocation === undefined) return;
    this.#waiting = undefined;
    this.#queued = undefined;
    response
      .writeHead(200, {
        'Content-Type': 'application/json',
        'Lambda-Runtime-Aws-Request-Id': invocation.requestId,
        'Lambda-Runtime-Deadline-Ms': String(invocation.deadlineMs),
        'Lambda-Runtime-Invoked-Function-Arn': invocation.functionArn,
        'Lambda-Runtime-Trace-Id': invocation.trace,
      })
      .end(JSON.stringify(invocation.event));
  }
}
