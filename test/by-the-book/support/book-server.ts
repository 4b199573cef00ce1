import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRuntime, type Runtime, type RuntimeOptions } from '../../../lib/embedded/runtime.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { RawClient } from '../../support/raw-client.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';
import { readBookAnswer, type BookAnswer } from './book-answer.ts';

/** The header line that nearly every body comes with. */
export const json = 'Content-Type: application/json';

/** Lets a write be answered when it is applied. */
export const wait = 'Prefer: wait=10';

export interface BookAd {
  readonly id: string;
  readonly path: string;
  /** Its entity tag, with the quotes. */
  readonly tag: string;
}

/** A whole server in a folder of its own, asked over sockets in bytes that no HTTP library has touched. */
export class BookServer {
  readonly folder: string;
  readonly runtime: Runtime;

  private constructor(folder: string, runtime: Runtime) {
    this.folder = folder;
    this.runtime = runtime;
  }

  /** `prepare` is given the folder before the server starts. */
  static async open(
    options: Partial<RuntimeOptions> = {},
    prepare: (folder: string) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<BookServer> {
    const folder = await mkdtemp(join(tmpdir(), 'adtally-book-'));
    await prepare(folder);
    const settings = stageSettings('local');
    return new BookServer(folder, await startRuntime({ folder, settings, log: nullTelemetry, ...options }));
  }

  async stop(): Promise<void> {
    await this.runtime.stop();
    await rm(this.folder, { recursive: true });
  }

  /** Sends one request on a connection of its own; `lines` are header lines as they go out. */
  async ask(
    method: string,
    target: string,
    lines: readonly string[] = [],
    body?: string | Buffer,
  ): Promise<BookAnswer> {
    const bytes = Buffer.from(body ?? '');
    const length = body === undefined ? [] : [`Content-Length: ${bytes.length}`];
    const head = [
      `${method} ${target} HTTP/1.1`,
      'Host: localhost',
      'Connection: close',
      ...lines,
      ...length,
    ];
    return this.send(`${head.join('\r\n')}\r\n\r\n`, bytes);
  }

  /** Sends one request as it is, byte for byte; it must ask for the connection to close. */
  async send(...parts: readonly (string | Buffer)[]): Promise<BookAnswer> {
    const client = new RawClient(Number(new URL(this.runtime.url).port));
    client.send(...parts);
    await client.end();
    return readBookAnswer(client.received);
  }

  get(target: string, ...lines: readonly string[]): Promise<BookAnswer> {
    return this.ask('GET', target, lines);
  }

  /** Sends `body` as JSON. */
  post(target: string, body: unknown, ...lines: readonly string[]): Promise<BookAnswer> {
    return this.ask('POST', target, [json, ...lines], JSON.stringify(body));
  }

  /** Sends `body` as JSON. */
  patch(target: string, body: unknown, ...lines: readonly string[]): Promise<BookAnswer> {
    return this.ask('PATCH', target, [json, ...lines], JSON.stringify(body));
  }

  /** Creates an ad for everyone, unless `fields` say otherwise, and waits until it is applied. */
  async createAd(fields: Readonly<Record<string, unknown>> = {}): Promise<BookAd> {
    const answer = await this.post('/api/v1/ad', { ...adBody, ...fields }, wait);
    if (answer.status !== 201) throw new Error(`no ad was created: ${answer.status} ${answer.text}`);
    const { id } = answer.json as { id: string };
    return { id, path: `/api/v1/ad/${id}`, tag: answer.headers['etag'] ?? '' };
  }

  /** What has been counted for `key`, once everything acknowledged is; 0 when there is no such counter. */
  async total(key: string): Promise<number> {
    await this.runtime.idle();
    const answer = await this.get(`/increment/${encodeURIComponent(key)}`);
    return answer.status === 404 ? 0 : Number((answer.json as Record<string, number>)[key]);
  }
}

/** An ad for everyone, from the past into the far future. */
export const adBody = {
  title: 'Tea time',
  content: 'Two for one',
  start_at: '2026-01-01T00:00:00Z',
  end_at: '2036-01-01T00:00:00Z',
};
