import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { ServerProcess, startServer } from '../../support/server-process.ts';
import { startRuntime, type Runtime } from '../../../lib/embedded/runtime.ts';
import { readTrace } from '../../../lib/embedded/trace/trace-summary.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { arrowsOf, checkTrace, isSlice, type Slice, type TraceEvent } from '../../support/check-trace.ts';
import { runCommand } from '../../support/run-command.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-trace-'));
  file = join(folder, 'trace.json');
});
afterEach(() => rm(folder, { recursive: true }));

async function post(url: string, path: string, body: unknown, headers = {}): Promise<Response> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  return response;
}

describe('a trace of the runtime', () => {
  let runtime: Runtime;
  const start = async (more = {}): Promise<Runtime> =>
    (runtime = await startRuntime({
      folder: join(folder, 'data'),
      settings: stageSettings('local'),
      log: nullTelemetry,
      trace: { file, ratio: 1 },
      ...more,
    }));
  /** What was done by then is in the file. */
  const traced = async (): Promise<TraceEvent[]> => {
    await runtime.idle();
    await runtime.stop();
    return checkTrace(await readFile(file, 'utf8'));
  };
  const named = (events: readonly TraceEvent[], called: string): Slice => {
    const slices = events.filter(isSlice).filter(({ name }) => name === called);
    expect(slices).toHaveLength(1);
    return slices[0] as Slice;
  };
  const arrowNames = (events: readonly TraceEvent[]): string[][] =>
    arrowsOf(events).map(({ from, to }) => [from.name, to.name]);

  it('shows the way of an increment: request, function, append, commit, batch, state', async () => {
    const { url } = await start();
    expect((await post(url, '/increment', { key: 'secret-key', value: 1 })).status).toBe(202);
    const events = await traced();
    const path = ['request', 'call ingest-increments', 'increments append', 'group commit'];
    const slices = path.map((name) => named(events, name));
    slices.forEach((slice, i) => {
      const { tid, ts, dur, args } = slices[Math.max(0, i - 1)] as Slice;
      expect(slice).toMatchObject({ tid, args: { trace: args['trace'] } });
      expect([slice.ts >= ts, slice.ts + slice.dur <= ts + dur, slice.dur > 0]).toEqual([true, true, true]);
    });
    expect(slices[0]?.args).toMatchObject({ route: 'POST /increment', status: 202 });
    expect(arrowNames(events)).toEqual([['increments append', 'settle batch']]);
    const batch = named(events, 'settle batch');
    const inBatch = events.filter(isSlice).filter(({ args }) => args['trace'] === batch.args['trace']);
    expect(inBatch.some(({ name }) => /^state (writeEach|transactEach)$/.test(name))).toBe(true);
    // Keys are user data.
    expect(await readFile(file, 'utf8')).not.toContain('secret-key');
  });

  it('shows the way of an ad, whose request waits for its batch', async () => {
    const { url } = await start();
    const ad = { title: 'Tea time', content: 'Two for one', start_at: '2026-01-01T00:00:00Z' };
    const waits = { Prefer: 'wait=5' };
    expect((await post(url, '/api/v1/ad', { ...ad, end_at: '2100-01-01T00:00:00Z' }, waits)).status).toBe(
      201,
    );
    const events = await traced();
    expect(named(events, 'request').args).toMatchObject({ route: 'POST /api/v1/ad', status: 201 });
    expect(arrowNames(events)).toEqual([['ad-events append', 'settle batch']]);
    expect(named(events, 'schedule set').args).not.toHaveProperty('kept');
  });

  it('shows a request that was refused for being too many, sampled or not', async () => {
    const { url } = await start({ limits: { requestsMax: 0 }, trace: { file, ratio: 0 } });
    expect((await fetch(`${url}/health`)).status).toBe(503);
    expect(named(await traced(), 'request').args).toMatchObject({
      status: 503,
      failed: true,
      kept: 'failed',
    });
  });

  it('refuses to start over a file that is no trace, and leaves the data folder free', async () => {
    await expect(start({ trace: { file: folder } })).rejects.toMatchObject({ code: 'trace-file' });
    await start();
    await runtime.stop();
  });
});

describe('npm start -- --trace', () => {
  let server: ServerProcess | undefined;
  afterEach(() => server?.kill());

  it('leaves a file that can be read when it is killed', async () => {
    server = await startServer(join(folder, 'data'), ['--trace', file]);
    const url = server.url.origin;
    const recorded = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
    for (let i = 0; i < 20; i += 1) await post(url, '/increment', { key: 'a', value: 1 }, recorded);
    const requests = async () =>
      readTrace(await readFile(file, 'utf8')).filter(({ name }) => name === 'request').length;
    for (let tries = 0; tries < 200 && (await requests()) < 20; tries += 1) await systemClock.sleep(50);
    await server.kill();
    expect(await requests()).toBe(20);
    const summary = execFileSync(process.execPath, ['bin/trace-summary.ts', file], { encoding: 'utf8' });
    expect(summary).toMatch(/^sampled +request +20 /m);
  });

  it('closes the file when it is stopped, and keeps it beside that of the next start', async () => {
    for (const starts of [1, 2]) {
      server = await startServer(join(folder, 'data'), ['--trace', file]);
      for (let i = 0; i < starts; i += 1) await fetch(new URL('/health', server.url));
      expect((await server.stop()).code).toBe(0);
      const events = checkTrace(await readFile(file, 'utf8'));
      expect(events.at(-1)).toMatchObject({ name: 'end of the trace', args: { reason: 'stopped' } });
      expect(events.filter(isSlice).filter(({ name }) => name === 'request')).toHaveLength(starts);
    }
    const first = checkTrace(await readFile(`${file}.1`, 'utf8')).filter(isSlice);
    expect(first.filter(({ name }) => name === 'request')).toHaveLength(1);
  });

  it('says what is wrong with the file', async () => {
    const failing = startServer(join(folder, 'data'), ['--trace', join(folder, 'no', 'trace.json')]);
    await expect(failing).rejects.toThrow(/exit code 1: Cannot write the trace: .*ENOENT.*\(--trace\)/);
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }, 'must be an http or https URL; got localhost:4318.'],
    [{ OTEL_TRACES_SAMPLER_ARG: '10%' }, 'must be a number from 0 to 1; got 10%.'],
    [{ OTEL_TRACES_SAMPLER_ARG: '1.5' }, 'must be a number from 0 to 1; got 1.5.'],
  ])('refuses to start with %j, as with a wrong argument', async (environment, message) => {
    server = new ServerProcess({ folder: join(folder, 'data'), args: ['--trace', file], environment });
    expect((await server.exited).code).toBe(2);
    expect(server.output).toContain(`${Object.keys(environment).join('')} ${message}\n`);
    await expect(stat(file)).rejects.toThrow(/ENOENT/);
  });

  it('writes nothing without being asked, whatever the share to sample is called', async () => {
    const environment = { OTEL_TRACES_SAMPLER_ARG: 'endpoint=http://sampler' };
    server = new ServerProcess({ folder: join(folder, 'data'), environment });
    await server.ready;
    await fetch(new URL('/health', server.url));
    await server.stop();
    await expect(stat(file)).rejects.toThrow(/ENOENT/);
  });
});

describe('npm run trace:summary', () => {
  const run = (...args: string[]) => runCommand('trace-summary', args);

  it('explains itself, and refuses wrong arguments', async () => {
    expect(await run('--help')).toMatchObject({
      ...{ code: 0, stderr: '' },
      stdout: expect.stringContaining('npm run trace:summary -- <file') as unknown,
    });
    expect(await run()).toMatchObject({
      ...{ code: 2, stdout: '' },
      stderr: 'The file of a trace is missing.\nTry: npm run trace:summary -- --help\n',
    });
    expect((await run(file, file)).code).toBe(2);
  });

  it.each(['', 'dear diary', '[]'])('says that a file is not a trace: %j', async (text) => {
    await writeFile(file, text);
    const stderr = `${file} is not a trace of npm start -- --trace.\n`;
    expect(await run(file)).toMatchObject({ code: 1, stdout: '', stderr });
  });

  it('says that there is no such file', async () => {
    const answer = await run(file);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toBe(`${file} does not exist; npm start -- --trace FILE writes one.\n`);
  });
});
