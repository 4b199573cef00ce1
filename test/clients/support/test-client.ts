import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientFolder, type MadeClient } from './made-client.ts';
import { startServer, type ServerForClients } from './server.ts';

/** What every round trip prints as `step NAME ok`, and what that means. */
const steps: Readonly<Record<string, string>> = {
  'create-accepted': 'creates an ad: 202, with its id and no version yet',
  'create-applied': 'creates an ad and waits for it: 201, the whole ad',
  query: 'finds the ad for an audience',
  get: 'reads the ad',
  patch: 'changes one field of the ad and clears another',
  increment: 'increments a counter: 202, and the token shows it',
  'increment-sync': 'increments a counter at once: 200, the total',
  batch: 'increments many counters, with values beyond 2^31',
  total: 'reads a total beyond 2^53 digit for digit',
  series: 'reads many counters over time in one call',
  hot: 'reads the hot counters',
  refused: 'reads why a call was refused',
  missing: 'reads that a counter does not exist',
};

/** A client made from the document of a running server, and used on that server. */
export function testClient(client: MadeClient): void {
  const { name } = client;
  describe(`a client made by ${name}`, () => {
    let server: ServerForClients;
    const folder = clientFolder(name);
    const generated = once(() => client.generate(folder));
    const compiled = once(async () => {
      await generated();
      await client.compile(folder);
    });
    const printed = once(async () => {
      await compiled();
      return client.run(folder, { ADTALLY_URL: server.url, ADTALLY_TOKEN: server.token ?? '' });
    });

    beforeAll(async () => {
      server = await startServer('guarded');
      const response = await fetch(`${server.url}/openapi.json`);
      writeFileSync(join(folder, 'openapi.json'), await response.text());
    });
    afterAll(() => server.stop());

    it('is generated from the document of the server', async () => {
      await expect(generated()).resolves.toBeUndefined();
    });

    it('compiles', async () => {
      await expect(compiled()).resolves.toBeUndefined();
    });

    it.each(Object.entries(steps).map(([step, title]) => ({ step, title })))('$title', async ({ step }) => {
      const lines = (await printed()).split('\n').filter((line) => line.startsWith(`step ${step} `));
      expect(lines).toEqual([`step ${step} ok`]);
    });

    const { example } = client;
    if (example !== undefined) {
      it('is what the example uses', async () => {
        await compiled();
        const environment = { ADTALLY_URL: server.url, ADTALLY_TOKEN: server.token ?? '' };
        expect(await example.run(folder, environment)).toMatch(example.printed);
      });
    }

    it('takes no other step', async () => {
      const taken = [...(await printed()).matchAll(/^step (\S+) /gm)].map(([, step]) => step);
      expect(taken).toEqual(Object.keys(steps));
    });
  });
}

/** The first call's promise, for every call. */
function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
  return () => (made ??= make());
}
