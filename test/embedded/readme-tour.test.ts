import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { startRuntime } from '../../lib/embedded/runtime.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';
import { parseCurl, readsLike, readTour } from '../support/curl-tour.ts';

it('answers every line of the README’s tour as printed there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'adtally-tour-'));
  const runtime = await startRuntime({
    folder,
    settings: stageSettings('local'),
    port: 0,
    log: createRecordingTelemetry(),
  });
  try {
    const steps = readTour(readFileSync('README.md', 'utf8'));
    expect(steps.length).toBeGreaterThan(15);
    const variables: Record<string, string> = {};
    for (const { command, expected } of steps) {
      if (command.startsWith('sleep ')) await sleep(Number(command.slice(6)) * 1000);
      else if (command.startsWith('curl ')) {
        const printed = await run(command.replace('localhost:3333', new URL(runtime.url).host), variables);
        if (!readsLike(expected, printed))
          throw new Error(`${command}\n\nprinted\n${printed}\n\nnot\n${expected}`);
        variables['AD'] = /"id":"([^"]+)"/.exec(printed)?.[1] ?? variables['AD'] ?? '';
      } else expect(command).toMatch(/^AD=… /);
    }
  } finally {
    await runtime.stop();
    rmSync(folder, { recursive: true });
  }
}, 30_000);

/** What curl prints. */
function run(command: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const { url, method, headers, body, showHead } = parseCurl(command, variables);
  return new Promise((resolve, reject) => {
    const sent = request(url.startsWith('http') ? url : `http://${url}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const lines = response.rawHeaders.flatMap((name, i, all) =>
          i % 2 === 0 ? [`${name}: ${all[i + 1] ?? ''}`] : [],
        );
        const head = [
          `HTTP/1.1 ${response.statusCode ?? 0} ${response.statusMessage ?? ''}`,
          ...lines,
          '',
        ].join('\n');
        const text = Buffer.concat(chunks).toString();
        resolve((showHead ? `${head}\n${text}` : text).trimEnd());
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
