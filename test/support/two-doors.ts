import { expect } from '@jest/globals';
import { createDescribeApi } from '../../functions/describe-api/describe-api.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import type { ApiFunction } from '../../lib/api/api-function.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { createGateway } from '../../lib/embedded/http/gateway.ts';
import type { HttpHandler } from '../../lib/embedded/http/http-message.ts';
import { startHttpServer, type HttpServer } from '../../lib/embedded/http/http-server.ts';
import { stageSettings, type StageSettings } from '../../lib/stages.ts';
import { readBookAnswer } from '../by-the-book/support/book-answer.ts';
import { functionOf } from './api-calls.ts';
import { createHttpWorld, type HttpWorld } from './http-world.ts';
import { toEvent, type Request } from './proxy-event.ts';
import { noConsole } from './no-extras.ts';
import { RawClient } from './raw-client.ts';
import { nullTelemetry } from './recording-telemetry.ts';
import { createVirtualClock } from './virtual-clock.ts';

/** A request as it goes over the wire, without Host, Content-Length and Connection. */
export interface Ask {
  /** Default GET. */
  readonly method?: string;
  readonly target: string;
  /** Header lines, `Name: value`. */
  readonly lines?: readonly string[];
  readonly body?: string | Buffer;
}

export interface DoorAnswer {
  readonly status: number;
  /** By lower-case name, without those that speak of the connection and the date. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

type Functions = HttpWorld['functions'];

let documents: ApiFunction | undefined;

/** One for all doors: it keeps nothing of a world, and it takes long to make its documents. */
function describeApi(): ApiFunction {
  const local = stageSettings('local');
  const settings = { ...local, http: { ...local.http, corsOrigins: [] } };
  const clock = createVirtualClock();
  documents ??= createDescribeApi({ clock, telemetry: nullTelemetry, settings, consolePage: noConsole });
  return documents;
}

export interface DoorOptions {
  /** Each door has a world of its own, so it is called twice. */
  readonly ports?: () => Partial<Ports>;
  readonly settings?: (local: StageSettings) => StageSettings;
  readonly functions?: (world: HttpWorld) => Partial<Functions>;
}

/** The server adds these; API Gateway adds its own. */
const connectionHeaders = ['connection', 'content-length', 'date', 'keep-alive', 'x-request-id'];

/**
 * The API behind its two doors: the embedded server, asked over a socket in bytes, and the functions, asked
 * with the events that a REST API makes. Behind each door is a world of its own in memory, and the worlds
 * draw the same ids at the same times. So both doors must give the same answer, which `ask` demands.
 */
export class TwoDoors {
  readonly #server: HttpServer;
  readonly #handler: { current: HttpHandler };
  readonly #options: DoorOptions;
  /** Behind the server, behind the events. */
  #worlds: readonly [HttpWorld, HttpWorld];
  #functions: readonly [Functions, Functions];

  private constructor(server: HttpServer, handler: { current: HttpHandler }, options: DoorOptions) {
    this.#server = server;
    this.#handler = handler;
    this.#options = options;
    [this.#worlds, this.#functions] = this.#open();
  }

  static async open(options: DoorOptions = {}): Promise<TwoDoors> {
    const handler: { current: HttpHandler } = { current: () => Promise.reject(new Error('not open yet')) };
    const server = await startHttpServer({
      ...{ host: '127.0.0.1', port: 0, clock: systemClock, ids: systemIds },
      handler: (request) => handler.current(request),
    });
    return new TwoDoors(server, handler, options);
  }

  /** New worlds, in which nothing has happened. */
  renew(): void {
    [this.#worlds, this.#functions] = this.#open();
  }

  close(): Promise<void> {
    return this.#server.stop();
  }

  get worlds(): readonly [HttpWorld, HttpWorld] {
    return this.#worlds;
  }

  /** The answer of both doors. */
  async ask(ask: Ask): Promise<DoorAnswer> {
    const server = await this.askServer(ask);
    const events = await this.askEvents(ask);
    expect({ ask: shown(ask), ...server }).toEqual({ ask: shown(ask), ...events });
    return server;
  }

  async askServer({ method = 'GET', target, lines = [], body }: Ask): Promise<DoorAnswer> {
    const bytes = Buffer.from(body ?? '');
    const length = body === undefined ? [] : [`Content-Length: ${bytes.length}`];
    const head = [
      `${method} ${target} HTTP/1.1`,
      'Host: localhost',
      'Connection: close',
      ...lines,
      ...length,
    ];
    const client = new RawClient(this.#server.port);
    client.send(`${head.join('\r\n')}\r\n\r\n`, bytes);
    await client.end();
    const { status, headers, text } = readBookAnswer(client.received);
    const kept = Object.entries(headers).filter(([name]) => !connectionHeaders.includes(name));
    return { status, headers: Object.fromEntries(kept), text };
  }

  async askEvents(ask: Ask): Promise<DoorAnswer> {
    const { method = 'GET', body } = ask;
    const event = toEvent({
      method,
      path: ask.target,
      headers: headersOf(ask),
      ...(body !== undefined && body.length > 0 && { body }),
    });
    const result = await this.#functions[1][functionOf(method, event.resource)](event);
    const headers = Object.entries(result.headers ?? {})
      .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
      .filter(([name]) => name !== 'x-request-id');
    const hasBody = method !== 'HEAD' && result.statusCode !== 204 && result.statusCode !== 304;
    const text = Buffer.from(result.body, result.isBase64Encoded === true ? 'base64' : 'utf8').toString();
    return {
      status: result.statusCode,
      headers: Object.fromEntries(headers),
      text: hasBody ? text : '',
    };
  }

  /** Records in the logs; the same behind both doors. */
  async logged(): Promise<number> {
    const [server, events] = await Promise.all(this.#worlds.map((world) => world.logged()));
    expect(server).toBe(events);
    return server ?? 0;
  }

  #open(): [readonly [HttpWorld, HttpWorld], readonly [Functions, Functions]] {
    const { ports, settings, functions } = this.#options;
    const local = stageSettings('local');
    // The server reads the origin, not the functions.
    const usual: StageSettings = { ...local, http: { ...local.http, corsOrigins: [] } };
    const own = settings?.(usual) ?? usual;
    const world = (): HttpWorld => createHttpWorld({ settings: own, ...ports?.() });
    const worlds = [world(), world()] as const;
    const all = (one: HttpWorld): Functions => ({
      ...one.functions,
      'describe-api': describeApi(),
      ...functions?.(one),
    });
    const both = [all(worlds[0]), all(worlds[1])] as const;
    const gateway = createGateway({
      stage: 'local',
      functions: both[0],
      // Not the clock of the world, which runs on while a function waits.
      clock: createVirtualClock(),
      telemetry: worlds[0].telemetry,
    });
    this.#handler.current = gateway.handle;
    return [worlds, both];
  }
}

/** By name as it is spelled, each with all its values, as an event has them. */
function headersOf({ lines = [] }: Ask): NonNullable<Request['headers']> {
  const headers: Record<string, string[]> = { Host: ['localhost'] };
  for (const line of lines) {
    const colon = line.indexOf(':');
    (headers[line.slice(0, colon)] ??= []).push(line.slice(colon + 1).trim());
  }
  return headers;
}

function shown({ method = 'GET', target, lines, body }: Ask): unknown {
  return [
    method,
    target.slice(0, 300),
    lines?.map((line) => line.slice(0, 300)),
    body?.toString().slice(0, 300),
  ];
}
