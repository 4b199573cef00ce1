import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAggregateIncrements } from '../../functions/aggregate-increments/aggregate-increments.ts';
import { ServerProcess } from '../support/server-process.ts';
import { openFaultyProxy, type FaultyProxyOptions } from '../fuzz/faulty-proxy.ts';
import { fuzzHttp, type HttpOptions } from '../fuzz/http/fuzz-http.ts';
import { incrementCases, runIncrements } from '../fuzz/inside/increment-records.ts';
import { readFuzzOptions } from '../fuzz/options.ts';
import type { Failure } from '../fuzz/round.ts';

const plain = { token: undefined, round: undefined, path: undefined } as const;

describe('a fault between client and server', () => {
  let folder: string;
  let server: ServerProcess;
  let url: URL;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adtally-fuzz-'));
    server = new ServerProcess({ folder });
    url = await server.ready;
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function findingsWith(
    fault: FaultyProxyOptions,
    more: Partial<HttpOptions> = {},
  ): Promise<readonly Failure[]> {
    const proxy = await openFaultyProxy(url, fault);
    try {
      const through = (): Promise<URL> => Promise.resolve(proxy.url);
      // It ends with the finding that is wanted, or with the fifth.
      const options = { ...plain, url, seed: 1, seconds: 120, shrinkMs: 200, through, ...more };
      return (await fuzzHttp(options)).failures;
    } finally {
      await proxy.close();
    }
  }

  const messages = (failures: readonly Failure[]): string =>
    failures.map(({ message }) => message).join('\n');
  /** Only the first lines of answers: bodies may hold anything. */
  const answer = (from: RegExp, to: string) => ({ toClient: (bytes: string) => bytes.replace(from, to) });

  it.each([
    ['a 500', answer(/^HTTP\/1\.1 20\d/, 'HTTP/1.1 500'), /500/],
    ['a status that is not documented', answer(/^HTTP\/1\.1 400/, 'HTTP/1.1 418'), /418/],
    [
      'a value of another type in a body',
      answer(/"version":null/, '"version":"no"'),
      /version must be integer,null/,
    ],
    ['a path that is not named', answer(/"path":"[a-z]/, '"path":"9'), /errors names/],
    ['a header that nobody knows', answer(/\r\nCache-Control:/, '\r\nX-Cache-Rule:'), /X-Cache-Rule/],
    ['a second answer', answer(/^HTTP\/1\.1 404[^]*/, '$&HTTP/1.1 200 OK\r\n\r\n'), /bytes too many/],
    [
      'a refusal that is accepted',
      answer(
        /^HTTP\/1\.1 4\d\d [A-Z][^]*/,
        'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"accepted":1}',
      ),
      /202/,
    ],
    [
      'no answer',
      { toClient: (bytes: string) => (/^HTTP\/1\.1 202/.test(bytes) ? undefined : bytes) },
      /no answer/,
    ],
    [
      'a precondition that nobody looks at',
      { toServer: (bytes: string) => bytes.replace(/^If-(?:None-)?Match:/gm, 'X-Lost:') },
      /and If-(?:None-)?Match names/,
    ],
    [
      'a page of another site that is let in',
      { toServer: (bytes: string) => bytes.replace(/^Host: .*\.example.*$/gm, 'Host: localhost') },
      /and not 421/,
    ],
    [
      'a compressed answer that nobody asked for',
      { toServer: (bytes: string) => bytes.replace(/^Accept-Encoding: .*$/gm, 'Accept-Encoding: gzip') },
      /compressed for/,
    ],
  ] as const)('is found when it is %s', async (_what, fault, wanted) => {
    const isEnough = ({ message }: Failure): boolean => wanted.test(message);
    expect(messages(await findingsWith(fault, { isEnough }))).toMatch(wanted);
  });

  it('is found in the totals when more is counted than was asked for, and in the ads when they are not what was sent', async () => {
    const toServer = (bytes: string): string =>
      bytes
        .replace(/"value":1}/, '"value":2}')
        .replace(/"content":"(Tea tim|toStrin|constructo|ad-42\/click)."/, '"content":"$1X"');
    const found = await findingsWith({ toServer });
    expect(messages(found)).toMatch(/counter .* accepted were/);
    expect(messages(found)).toMatch(/content was accepted as "[^"]*" and is "[^"]*X"/);
  });

  it('is found again by the command that a failure prints', async () => {
    // What is answered 415 is so whatever was sent before.
    const fault = answer(/^HTTP\/1\.1 415/, 'HTTP/1.1 418');
    const [failure] = await findingsWith(fault, { isEnough: () => true });
    expect(failure?.message).toMatch(/418/);
    const args = failure?.replay?.replace('npm run fuzz -- ', '').split(' ') ?? [];
    const { seed, round, path } = readFuzzOptions(args);
    const again = await findingsWith(fault, { seed, round, path });
    expect(again.map(({ replay }) => replay)).toContain(failure?.replay);
    expect(failure?.shown).toMatch(/^(curl|echo) /);
  });
});

describe('a fault in a consumer', () => {
  const fails = async (makeConsumer: Parameters<typeof runIncrements>[2]): Promise<string> => {
    const property = fc.asyncProperty(incrementCases, (one) => runIncrements(one, new Map(), makeConsumer));
    const { errorInstance } = await fc.check(property, { seed: 1, numRuns: 50, endOnFailure: true });
    return String(errorInstance);
  };

  it('is found when a record that cannot be read ends it', async () => {
    const found = await fails(({ ports }) => {
      const consume = createAggregateIncrements(ports);
      return ((event: Parameters<typeof consume>[0], context: never) => {
        for (const { kinesis } of event.Records) JSON.parse(Buffer.from(kinesis.data, 'base64').toString());
        return consume(event, context);
      }) as typeof consume;
    });
    expect(found).toMatch(/SyntaxError/);
  });

  it('is found when it lets one pass uncounted', async () => {
    const found = await fails(({ ports }) => {
      const consume = createAggregateIncrements(ports);
      return ((event: Parameters<typeof consume>[0], context: never) =>
        event.Records.length === 3
          ? Promise.resolve({ batchItemFailures: [] })
          : consume(event, context)) as typeof consume;
    });
    expect(found).toMatch(/totals|records in the quarantine/);
  });
});
