import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { startRuntime } from '../../lib/embedded/runtime.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';
import { parseCurl, readExample, readsLike, readTour } from '../support/curl-tour.ts';

/** What a program printed, as what is compared. */
type Printed = readonly [reduce: (text: string) => unknown, expected: unknown];

/** A document, how many commands it has at least, and its programs in order. */
const tours: readonly (readonly [string, number, Readonly<Record<string, Printed>>])[] = [
  ['README.md', 3, { client: [(text) => text.includes('status: 200,'), true] }],
  ['docs/tour.md', 16, {}],
  [
    'docs/guide.md',
    9,
    {
      count: [(text) => text.replace(/\d+ /, 'N '), "[ 'Tea time' ]\nN increments acknowledged\n"],
      chart: [sumsOfChart, { 'tea/impressions': 540, 'tea/clicks': 23 }],
    },
  ],
  [
    'docs/delivery.md',
    9,
    {
      app: [(text) => text, "[ 'Green tea' ]\n1 accepted, 0 failed\n"],
      served: [(text) => text, 'Green tea\nGreen tea\n'],
    },
  ],
];

/** The variables of a tour, and the member of an answer that each is. */
const members = {
  AD: /"id":"([^"]+)"/,
  PIXEL: /"impression_url":"([^"]+)"/,
  // That of the decision, not that of the ad.
  CLICK: /"click_url":"(http:[^"]+)"/,
};

/** A decision that shows nothing. */
function isEmpty(printed: string): boolean {
  return printed.includes('"ads":[]}]}');
}

/** The minutes of each key added up: the run may cross one. */
function sumsOfChart(text: string): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  let key = '';
  for (const line of text.trimEnd().split('\n')) {
    if (!line.startsWith(' ')) key = line;
    else sums[key] = (sums[key] ?? 0) + Number(/\d+$/.exec(line)?.[0]);
  }
  return sums;
}

it.each(tours)(
  '%s answers every line as printed there',
  async (file, commandsMin, programs) => {
    const folder = mkdtempSync(join(tmpdir(), 'adtally-tour-'));
    const runtime = await startRuntime({
      folder: join(folder, 'data'),
      settings: stageSettings('local'),
      port: 0,
      log: createRecordingTelemetry(),
    });
    try {
      const document = readFileSync(file, 'utf8');
      const steps = readTour(document);
      expect(steps.length).toBeGreaterThanOrEqual(commandsMin);
      const variables: Record<string, string> = {};
      for (const { command, expected } of steps) {
        if (command.startsWith('sleep ')) await sleep(Number(command.slice(6)) * 1000);
        else if (command.startsWith('curl ')) {
          const ask = () => run(command.replace('localhost:3333', new URL(runtime.url).host), variables);
          let printed = await ask();
          // A right that did not come in 50 ms is there for the next request.
          for (let again = 0; again < 10 && isEmpty(printed) && !readsLike(expected, printed); again++) {
            await sleep(200);
            printed = await ask();
          }
          if (!readsLike(expected, printed))
            throw new Error(`${command}\n\nprinted\n${printed}\n\nnot\n${expected}`);
          for (const [name, member] of Object.entries(members)) {
            variables[name] = member.exec(printed)?.[1] ?? variables[name] ?? '';
          }
        } else expect(command).toMatch(/^(?:AD|PIXEL|CLICK)=… /);
      }
      for (const [name, [reduce, expected]] of Object.entries(programs)) {
        const printed = await runProgram(readExample(document, name), folder, runtime.url);
        expect(reduce(printed)).toEqual(expected);
        await sleep(1000);
      }
    } finally {
      await runtime.stop();
      rmSync(folder, { recursive: true });
    }
  },
  60_000,
);

/** What a program prints that runs in this folder's root. */
async function runProgram(program: string, folder: string, url: string): Promise<string> {
  const file = join(folder, 'program.ts');
  const root = pathToFileURL(join(process.cwd(), '/')).href;
  writeFileSync(
    file,
    program.replaceAll("from './", `from '${root}`).replaceAll('http://localhost:3333', url),
  );
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file]);
  expect(stderr).toBe('');
  return stdout;
}

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
