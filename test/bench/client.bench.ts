/**
 * Goals: the bytes of a batch on the wire as text and as gzip, what compressing costs, and the reads of a
 * client while three of its writes hang on all connections that writes have. Non-goals: the server, which is a
 * bare one of Node. Bytes are those of TCP, with the head of the request.
 */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createClient, type ClientDeps, type PolicyOptions } from '../../client/index.ts';
import { platformDeps } from '../../client/deps.ts';
import { createNodeGzip } from '../../client/transport/node-gzip.ts';
import { nodeModules } from '../../client/transport/node-modules.ts';
import { Prng } from '../support/prng.ts';
import { quantile, ResultHash, startProcessorWatch, type BenchContext, type Benchmark } from './harness.ts';

export const clientBench: Benchmark = {
  name: 'client',
  async run(context) {
    const server = await openServer();
    try {
      for (const size of context.quick ? [1, 500] : [1, 5, 10, 20, 30, 50, 100, 500])
        await benchBatch(context, server, size);
      await benchReads(context, server);
    } finally {
      await server.close();
    }
  },
};

const hangingWrites = 3;

interface BareServer {
  readonly url: string;
  /** Bytes that arrived since the last call. */
  takeBytes(): number;
  /** Writes that hang. */
  readonly hanging: number;
  close(): Promise<unknown>;
}

/** Answers batches and reads; never answers single increments. */
async function openServer(): Promise<BareServer> {
  const sockets = new Set<Socket>();
  let hanging = 0;
  let taken = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.url === '/increment') {
        hanging += 1;
        return;
      }
      response.setHeader('Content-Type', 'application/json');
      response.statusCode = request.method === 'POST' ? 202 : 200;
      response.end(request.method === 'POST' ? '{"accepted":1}' : '{"counters":[]}');
    });
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeBytes() {
      const all = [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0);
      const bytes = all - taken;
      taken = all;
      return bytes;
    },
    get hanging() {
      return hanging;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function benchBatch(
  { seed, quick, report }: BenchContext,
  server: BareServer,
  size: number,
): Promise<void> {
  const prng = new Prng(seed);
  const events = ['clicks', 'impressions', 'conversions'];
  const increments = Array.from({ length: size }, (_, index) => ({
    key: `ad-${prng.int(1, 100_000)}-${index}/${events[prng.int(0, 2)] ?? ''}`,
    value: prng.int(1, 1000),
  }));
  const hash = new ResultHash();
  const text = JSON.stringify({ increments });
  hash.addText(text);
  const keys = 'ad-N/clicks, impressions or conversions, values to 1,000';
  const bytesOf = async (policy: PolicyOptions): Promise<number> => {
    const client = createClient({ baseUrl: server.url, policy });
    server.takeBytes();
    await client.incrementMany({ body: { increments } }, { keyed: false });
    return server.takeBytes();
  };
  const [plain, gzip] = [await bytesOf({ gzipFromLength: Infinity }), await bytesOf({ gzipFromLength: 0 })];
  const rounds = quick ? 1 : 200;
  const costOf = async (gzip: ClientDeps['gzip']): Promise<number> => {
    const stop = startProcessorWatch();
    for (let round = 0; round < rounds; round++) await gzip?.(text);
    return (stop() * 1000) / rounds;
  };
  const name = `a batch of ${size}`;
  const conditions = { keys, body: `${text.length} characters`, hash: hash.hex };
  report({ name: `${name} on the wire, plain`, value: plain, unit: 'bytes', conditions });
  const saved = `${Math.round((100 * (plain - gzip)) / plain)} %`;
  report({
    name: `${name} on the wire, gzip`,
    value: gzip,
    unit: 'bytes',
    conditions: { ...conditions, saved },
  });
  const node = nodeModules();
  if (quick || node === undefined) return;
  const unit = 'us of processor';
  const zlib = await costOf(createNodeGzip(node));
  const streams = await costOf(platformDeps.gzip);
  report({ name: `${name}, compressing by zlib`, value: zlib, unit, conditions: { rounds } });
  report({ name: `${name}, compressing by CompressionStream`, value: streams, unit, conditions: { rounds } });
}

async function benchReads({ quick, report }: BenchContext, server: BareServer): Promise<void> {
  const client = createClient({
    baseUrl: server.url,
    policy: { connections: { increments: hangingWrites }, tryTimeoutMs: 300_000, callTimeoutMs: 300_000 },
  });
  const reads = quick ? 20 : 3000;
  const read = async (name: string): Promise<void> => {
    const durations: number[] = [];
    for (let n = 0; n < reads; n++) {
      const startMs = performance.now();
      await client.getCounters({ key: ['k'] });
      durations.push((performance.now() - startMs) * 1000);
    }
    const conditions = {
      reads: `${reads} one after the other, all answered`,
      'writes that hang': server.hanging,
      'writes that wait': client.facts().classes.increments.waiting,
    };
    report({
      name: `read${name}, median`,
      value: quick ? reads : quantile(durations, 0.5),
      unit: 'us',
      conditions,
    });
    report({
      name: `read${name}, p99`,
      value: quick ? reads : quantile(durations, 0.99),
      unit: 'us',
      conditions,
    });
  };
  await read('');
  const stop = new AbortController();
  const writes = Array.from({ length: hangingWrites + 1 }, () =>
    client.increment({ body: { key: 'k', value: 1 } }, { signal: stop.signal }).catch(() => undefined),
  );
  while (server.hanging < hangingWrites) await new Promise((resolve) => setImmediate(resolve));
  await read(' while three writes hang');
  stop.abort();
  await Promise.all(writes);
}
