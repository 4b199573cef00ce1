import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Prng } from '../support/prng.ts';
import { AnswerReader, BadAnswerError } from '../support/http-connection.ts';
import { mergeResults } from './generator/generators.ts';
import type { Plan } from './generator/plan.ts';
import { RequestPool } from './generator/request-pool.ts';
import { openSchedule, runPlan } from './generator/run-plan.ts';
import { Histogram } from './measure/histogram.ts';
import { latenciesOf } from './measure/latencies.ts';

const plan: Plan = {
  url: 'http://127.0.0.1:1/',
  connections: 1,
  ratePerSecond: 200,
  durationMs: 600,
  mix: { single: 1 },
  seed: 7,
  keyPrefix: 'k',
  keys: 3,
  batchSize: 10,
};

function dueTimes(rate: number, durationMs: number, seed: number): number[] {
  const schedule = openSchedule(rate, durationMs, new Prng(seed));
  const times: number[] = [];
  while (schedule.dueMs < Infinity && times.length < 1_000_000) {
    times.push(schedule.dueMs);
    schedule.take();
  }
  return times;
}

describe('the schedule of an open loop', () => {
  it('has the wanted number of requests in the time, in order, the same for a seed', () => {
    const times = dueTimes(5000, 10_000, 1);
    // A Poisson count of mean 50,000 has a deviation of 224.
    expect(Math.abs(times.length - 50_000)).toBeLessThan(1500);
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
    expect(times.at(-1)).toBeLessThan(10_000);
    expect(dueTimes(5000, 10_000, 1)).toEqual(times);
    expect(dueTimes(5000, 10_000, 2)).not.toEqual(times);
  });

  it('has gaps as of clients that know nothing of each other: the deviation is the mean', () => {
    const times = dueTimes(1000, 20_000, 3);
    const gaps = times.map((time, i) => time - (times[i - 1] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(deviation / mean).toBeGreaterThan(0.9);
    expect(deviation / mean).toBeLessThan(1.1);
  });
});

describe('the pool of requests', () => {
  it('draws kinds by their weights, and knows what each adds to which counter', () => {
    const pool = new RequestPool({ ...plan, mix: { ads: 3, single: 1, batch: 0 } });
    const drawn = Array.from({ length: 4000 }, () => pool.draw());
    const singles = drawn.filter(({ kind }) => kind === 'single');
    expect(singles.length).toBeGreaterThan(800);
    expect(singles.length).toBeLessThan(1200);
    expect(drawn.some(({ kind }) => kind === 'batch')).toBe(false);
    for (const { bytes, increments } of singles.slice(0, 50)) {
      const text = bytes.toString();
      expect(text).toContain(`{"key":"k-${increments[0]?.[0]}","value":${increments[0]?.[1]}}`);
      expect(text).toContain(`Content-Length: ${text.length - text.indexOf('\r\n\r\n') - 4}\r\n`);
    }
  });

  it('makes batches of the wanted size and refuses to draw from nothing', () => {
    const { bytes, increments } = new RequestPool({ ...plan, mix: { batch: 1 } }).draw();
    const body = bytes.toString().split('\r\n\r\n')[1] ?? '';
    const sent = (JSON.parse(body) as { increments: { key: string; value: number }[] }).increments;
    expect(sent.map(({ key, value }) => [Number(key.slice(2)), value])).toEqual(increments);
    expect(sent).toHaveLength(10);
    expect(() => new RequestPool({ ...plan, mix: {} })).toThrow(RangeError);
  });
});

describe('the reader of answers', () => {
  const answer = 'HTTP/1.1 202 Accepted\r\nX: y\r\nContent-Length: 5\r\n\r\nhello';

  it('finds the end of an answer wherever it is cut', () => {
    for (let at = 1; at < answer.length; at++) {
      const reader = new AnswerReader();
      const parts = [answer.slice(0, at), answer.slice(at)].map((text) => Buffer.from(text));
      const read = parts.map((part) => reader.read(part, part.length));
      expect(read.map((one) => one?.statusCode)).toEqual([undefined, 202]);
    }
  });

  it('reads one answer after the other, and those without a body', () => {
    const reader = new AnswerReader();
    const read = (text: string): number | undefined =>
      reader.read(Buffer.from(text), text.length)?.statusCode;
    expect(read(answer)).toBe(202);
    expect(read('HTTP/1.1 304 Not Modified\r\n\r\n')).toBe(304);
    expect(reader.closing).toBe(false);
    expect(read('HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')).toBe(503);
    expect(reader.closing).toBe(true);
  });

  it.each(['SSH-2.0\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n', `${answer}more`])('refuses %j', (text) => {
    const bytes = Buffer.from(text);
    expect(() => new AnswerReader().read(bytes, bytes.length)).toThrow(BadAnswerError);
  });
});

describe('a run', () => {
  let server: Server | undefined;
  const sockets = new Set<Socket>();
  const serve = async (onRequest: (socket: Socket, number: number) => void): Promise<string> => {
    let requests = 0;
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('data', () => {
        requests += 1;
        onRequest(socket, requests);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  };
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server?.close();
  });
  const accept = (socket: Socket): void =>
    void socket.write('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n');
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

  it('charges a stall to every request that was due meanwhile, not only to the one that was sent', async () => {
    const url = await serve((socket, number) => {
      if (number === 20) setTimeout(accept, 300, socket);
      else accept(socket);
    });
    const result = await runPlan({ ...plan, url });
    const waited = latenciesOf(result);
    expect(waited.count).toBe(result.offered);
    // 60 were due in the 300 ms; a third of them had 200 ms to wait. On a slow machine it is more, never
    // less.
    expect(waited.quantile(1)).toBeGreaterThan(290_000);
    expect(waited.quantile(0.9)).toBeGreaterThan(100_000);
  });

  it('counts what was due and never sent, with what it had waited', async () => {
    const url = await serve((socket, number) => {
      if (number === 1) setTimeout(accept, 700, socket);
      else accept(socket);
    });
    const result = await runPlan({ ...plan, url });
    expect(result.unsent).toBeGreaterThan(10);
    expect(result.offered).toBe(latenciesOf(result).count);
    expect(result.byKind.single.successes).toBe(result.offered - result.unsent);
  });

  it('keeps what was not acknowledged apart, connects again, and goes on', async () => {
    const url = await serve((socket, number) => {
      if (number === 5) socket.destroy();
      else if (number === 8) socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy');
      else accept(socket);
    });
    const result = await runPlan({ ...plan, url });
    expect(result.failed).toEqual({ 'single 0': 1, 'single 503': 1 });
    expect(result.examples['single 503']).toBe('busy');
    expect(result.byKind.single.successes).toBeGreaterThan(8);
    expect(result.uncertain).toHaveLength(2);
    expect(sum(result.seconds.map((latencies) => Histogram.from(latencies).count))).toBe(
      result.answeredInTime,
    );
  });

  it('fails when nobody listens', async () => {
    await expect(runPlan({ ...plan, durationMs: 1 })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  it('adds up with others', async () => {
    const url = await serve(accept);
    const run = { ...plan, url, ratePerSecond: 0, durationMs: 50 };
    const results = [await runPlan(run), await runPlan({ ...run, seed: 8 })];
    const merged = mergeResults(results);
    expect(merged.offered).toBe(sum(results.map(({ offered }) => offered)));
    expect(sum(merged.acknowledged)).toBe(sum(results.flatMap(({ acknowledged }) => acknowledged)));
    expect(latenciesOf(merged).count).toBe(merged.offered);
  });
});
