import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface PrometheusServer {
  /** An instant query of PromQL: the values of the series that it finds. */
  query(expression: string): Promise<readonly number[]>;
  /** The rules that it has loaded, and how their last evaluation ended: `ok`, `err` or not yet. */
  rules(): Promise<readonly { readonly name: string; readonly health: string }[]>;
  stop(): Promise<void>;
}

interface Options {
  readonly program: string;
  readonly folder: string;
  /** What is scraped, `host:port`. */
  readonly target: string;
}

/**
 * A Prometheus with the configuration of the documentation, which scrapes another target, and each second.
 */
export async function startPrometheus({ program, folder, target }: Options): Promise<PrometheusServer> {
  const configuration = readFileSync('docs/observability/prometheus.yml', 'utf8')
    .replace('localhost:3333', target)
    .replace('scrape_interval: 10s', 'scrape_interval: 1s')
    .replace('alerts.yml', resolve('docs/observability/alerts.yml'));
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, `global: { evaluation_interval: 1s }\n${configuration}`);
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    program,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(child, 'exit');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-saidLengthMax);
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  try {
    await untilAnswers(`http://${address}/-/ready`, () => {
      if (child.exitCode !== null) throw new Error(`Prometheus ended: ${said}`);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const ask = async (path: string): Promise<unknown> => {
    const answer = await fetch(`http://${address}/api/v1/${path}`);
    const { status, data, error } = (await answer.json()) as Record<string, unknown>;
    if (status !== 'success') throw new Error(`${path}: ${String(error)}`);
    return data;
  };
  return {
    async query(expression) {
      const data = await ask(`query?query=${encodeURIComponent(expression)}`);
      const { result } = data as { result: readonly { value: readonly [number, string] }[] };
      return result.map(({ value: [, text] }) => Number(text.replace('Inf', 'Infinity')));
    },
    async rules() {
      const { groups } = (await ask('rules')) as {
        groups: readonly { rules: readonly { name: string; health: string }[] }[];
      };
      return groups.flatMap(({ rules }) => rules);
    },
    stop,
  };
}

const triesMax = 300;
const saidLengthMax = 10_000;

/** It takes a moment to start: until then the connection is refused, or the answer is 503. */
async function untilAnswers(url: string, assertRunning: () => void): Promise<void> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return;
    assertRunning();
    await sleep(100);
  }
  throw new Error(`no answer from ${url}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
