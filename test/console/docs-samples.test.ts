import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { documentCalls } from '../../lib/api/document/docs/document-calls.ts';
import { samples } from '../../lib/api/document/docs/samples.ts';
import { inlineDocument } from '../../lib/api/document/openapi.ts';

/**
 * Goal: the samples of the docs page run as they are, and all ask for the same. Needs curl and python3 on the
 * path.
 */

interface Recorded {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly mediaType: string | undefined;
  readonly body: unknown;
}

const runMsMax = 50_000;
const document = inlineDocument();
const calls = documentCalls(document);

let server: Server;
let baseUrl: string;
let recorded: Recorded[] = [];
const folder = mkdtempSync(join(tmpdir(), 'adtally-samples-'));

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      recorded.push({
        ...{ method: request.method, url: request.url, token: request.headers.authorization },
        mediaType: request.headers['content-type'],
        body: body === '' ? undefined : JSON.parse(body),
      });
      response.setHeader('Content-Type', 'application/json');
      response.end('{}');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true });
});

/** What the samples of a language ask for, all of them in one run. */
async function requestsOf(language: string): Promise<Recorded[]> {
  recorded = [];
  const codes = calls.flatMap((call) =>
    samples(call, document.components.schemas, baseUrl)
      .filter((one) => one.language === language)
      .map(({ code }) => code),
  );
  const [program, file, code] = programs[language]?.(codes) ?? [];
  if (program === undefined || file === undefined || code === undefined) throw new Error(`no ${language}`);
  const path = join(folder, file);
  writeFileSync(path, code);
  await new Promise<void>((done, failed) => {
    const env = { ...process.env, ADTALLY_TOKEN: 'a-token' };
    execFile(program, [path], { env, timeout: runMsMax }, (error, _stdout, stderr) => {
      if (error === null) done();
      else failed(new Error(`${language}: ${stderr}`));
    });
  });
  return recorded;
}

const programs: Readonly<
  Record<string, (codes: readonly string[]) => [program: string, file: string, code: string]>
> = {
  curl: (codes) => [
    'bash',
    'samples.sh',
    `set -e\n${codes.map((code) => code.replace(/^curl/, 'curl -sS')).join('\n')}\n`,
  ],
  // An answer of {} with 200 is none that some calls know; what was sent is what counts here.
  TypeScript: (codes) => [
    process.execPath,
    'samples.ts',
    `import { createClient, AdtallyError } from '${resolve('client/index.ts')}';\n${codes
      .map((code) => code.replace(/^import .*$/m, ''))
      .map(
        (code) =>
          `try {\n${code}\n} catch (error) {\nif (!(error instanceof AdtallyError) || error.code !== 'unexpected-answer') throw error;\n}`,
      )
      .join('\n')}\n`,
  ],
  Python: (codes) => ['python3', 'samples.py', `${codes.join('\n\n')}\n`],
};

describe('the samples of the docs page', () => {
  it('send the same request in every language, with the token where the call needs one', async () => {
    const byCurl = await requestsOf('curl');
    expect(byCurl).toHaveLength(calls.length);
    for (const [i, call] of calls.entries()) {
      const wanted = call.scopes.length > 0 ? 'Bearer a-token' : undefined;
      expect(byCurl[i]).toMatchObject({ method: call.method });
      expect(byCurl[i]?.token).toBe(wanted);
      expect(byCurl[i]?.mediaType).toBe(call.body[0]?.mediaType);
    }
    expect(await requestsOf('Python')).toEqual(byCurl);
    // Beacons are for a browser, and the client has none.
    const ofClient = byCurl.filter(({ url }) => url?.startsWith('/t/') === false);
    expect(ofClient).toHaveLength(calls.length - 3);
    expect(await requestsOf('TypeScript')).toEqual(ofClient);
  });
});
