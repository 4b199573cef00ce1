import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * As much of S3's, EventBridge Scheduler's and API Gateway's protocols as the adapters speak, kept in memory.
 * No emulator of either comes from npm; on a LocalStack-compatible endpoint test/localstack uses the adapters
 * for real.
 */
export interface FakeService {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Path-style S3: PUT (conditional too), GET and DELETE of objects, ListObjectsV2. */
export async function startFakeS3(): Promise<FakeService> {
  const objects = new Map<string, Buffer>();
  return serve((request, response, body) => {
    const url = new URL(request.url ?? '/', 'http://s3');
    const name = decodeURIComponent(url.pathname.slice(1));
    if (url.searchParams.get('list-type') === '2') {
      answer(response, 200, listing(objects, `${name.replace(/\/$/, '')}/`, url.searchParams));
    } else if (request.method === 'PUT' && !holds(request.headers, objects.get(name))) {
      const code = '<Error><Code>PreconditionFailed</Code><Message>changed</Message></Error>';
      answer(response, 412, code);
    } else if (request.method === 'PUT') {
      objects.set(name, body);
      answer(response, 200, '');
    } else if (request.method === 'DELETE') {
      objects.delete(name);
      answer(response, 204, '');
    } else {
      const found = objects.get(name);
      if (found !== undefined) answer(response, 200, found, { etag: tagOf(found) });
      else answer(response, 404, '<Error><Code>NoSuchKey</Code><Message>none</Message></Error>');
    }
  });
}

/** Whether a conditional write is allowed. */
function holds(headers: IncomingMessage['headers'], found: Buffer | undefined): boolean {
  if (headers['if-none-match'] === '*') return found === undefined;
  const expected = headers['if-match'];
  return expected === undefined || (found !== undefined && expected === tagOf(found));
}

function tagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function listing(objects: ReadonlyMap<string, Buffer>, bucket: string, query: URLSearchParams): string {
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter')];
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const limit = Number(query.get('max-keys') ?? 1000);
  const keys = [...objects.keys()]
    .flatMap((name) => (name.startsWith(bucket + prefix) ? [name.slice(bucket.length)] : []))
    .filter((key) => key > after)
    .sort();
  if (delimiter !== null) {
    // One answer at a time, so that a reader of only the first one notices.
    const folders = keys.map((key) => key.slice(0, key.indexOf(delimiter, prefix.length) + 1));
    const [first, next] = [...new Set(folders)];
    const found = first === undefined ? '' : `<CommonPrefixes><Prefix>${first}</Prefix></CommonPrefixes>`;
    const token = next === undefined ? '' : `<NextContinuationToken>${first}\uffff</NextContinuationToken>`;
    return `<ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>${found}${token}</ListBucketResult>`;
  }
  const contents = keys.slice(0, limit).map((key) => `<Contents><Key>${key}</Key></Contents>`);
  return `<ListBucketResult><IsTruncated>${keys.length > limit}</IsTruncated>${contents.join('')}</ListBucketResult>`;
}

/** `schedules`: the bodies of CreateSchedule, by `group/name`. */
export interface FakeScheduler extends FakeService {
  readonly schedules: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

export async function startFakeScheduler(): Promise<FakeScheduler> {
  const schedules = new Map<string, Record<string, unknown>>();
  const service = await serve((request, response, body) => {
    const url = new URL(request.url ?? '/', 'http://scheduler');
    const name = decodeURIComponent(url.pathname.replace('/schedules/', ''));
    const fail = (status: number, error: string): void => {
      answer(response, status, JSON.stringify({ Message: error }), { 'x-amzn-errortype': error });
    };
    if (request.method === 'POST') {
      const schedule = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
      const path = `${String(schedule['GroupName'])}/${name}`;
      if (schedules.has(path)) {
        fail(409, 'ConflictException');
        return;
      }
      schedules.set(path, schedule);
      answer(response, 200, JSON.stringify({ ScheduleArn: `arn:aws:scheduler:::schedule/${path}` }));
      return;
    }
    if (schedules.delete(`${url.searchParams.get('groupName') ?? 'default'}/${name}`))
      answer(response, 200, '{}');
    else fail(404, 'ResourceNotFoundException');
  });
  return { ...service, schedules };
}

/** API keys and one usage plan of API Gateway. */
export interface FakeApiKeys extends FakeService {
  keys(): readonly { readonly value: string; readonly plans: readonly string[] }[];
  /** The next calls of a path are answered 500. */
  failNext(path: string, times: number): void;
  reset(): void;
}

export async function startFakeApiKeys(): Promise<FakeApiKeys> {
  const keys = new Map<string, { value: string; plans: string[] }>();
  const failures = new Map<string, number>();
  let made = 0;
  const service = await serve((request, response, body) => {
    const url = new URL(request.url ?? '/', 'http://apigateway');
    const fail = (status: number, error: string): void => {
      answer(response, status, JSON.stringify({ message: error }), { 'x-amzn-errortype': error });
    };
    const left = failures.get(url.pathname) ?? 0;
    failures.set(url.pathname, left - 1);
    if (left > 0) {
      fail(500, 'InternalServerError');
      return;
    }
    const input = JSON.parse(body.toString('utf8') || '{}') as Record<string, string>;
    const [, resource, id = '', sub] = url.pathname.split('/');
    if (resource === 'apikeys' && request.method === 'GET') {
      const wanted = url.searchParams.get('name') ?? '';
      const found = [...keys].filter(([, { value }]) => value.startsWith(wanted));
      const item = found.map(([keyId, { value }]) => ({ id: keyId, name: value }));
      answer(response, 200, JSON.stringify({ item }));
    } else if (resource === 'apikeys' && request.method === 'POST') {
      const value = input['value'] ?? '';
      if ([...keys.values()].some((key) => key.value === value)) fail(409, 'ConflictException');
      else {
        made += 1;
        keys.set(`key${made}`, { value, plans: [] });
        answer(response, 201, JSON.stringify({ id: `key${made}`, value }));
      }
    } else if (resource === 'apikeys') {
      if (keys.delete(id)) answer(response, 202, '');
      else fail(404, 'NotFoundException');
    } else if (resource === 'usageplans' && sub === 'keys') {
      const key = keys.get(input['keyId'] ?? '');
      if (key === undefined) fail(404, 'NotFoundException');
      else if (key.plans.includes(id)) fail(409, 'ConflictException');
      else {
        key.plans.push(id);
        answer(response, 201, JSON.stringify({ id: input['keyId'] }));
      }
    } else fail(404, 'NotFoundException');
  });
  return {
    ...service,
    keys: () => [...keys.values()],
    failNext: (path, times) => void failures.set(path, times),
    reset() {
      keys.clear();
      failures.clear();
    },
  };
}

async function serve(
  handle: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void,
): Promise<FakeService> {
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      handle(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function answer(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, headers);
  response.end(body);
}
