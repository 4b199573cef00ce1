import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, type Client } from '../../client/index.ts';
import { startGuardedServer, type GuardedServer } from '../load/tools/guarded-server.ts';
import { runSmoke } from '../smoke/smoke.ts';

describe('the smoke test of a stage', () => {
  let server: GuardedServer;
  let runs = 0;
  beforeAll(async () => {
    server = await startGuardedServer();
  });
  afterAll(async () => {
    await server.close();
  });

  const wrongOf = async (client: Client): Promise<readonly (readonly [string, string | undefined])[]> => {
    const failed = await runSmoke({
      client,
      run: `test-${String((runs += 1))}`,
      nowMs: () => Date.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      onStep: () => undefined,
    });
    return failed.map(({ name, wrong }) => [name, wrong]);
  };
  const sound = (): Client => createClient({ baseUrl: server.url.origin, token: server.token });

  it('finds nothing on a sound one, and leaves no ad', async () => {
    expect(await wrongOf(sound())).toEqual([]);
    expect((await sound().queryAds({ limit: 1 })).body.total).toBe(0);
  });

  it('names each step that a missing token spoils', async () => {
    const wrong = await wrongOf(createClient({ baseUrl: server.url.origin }));
    expect(wrong.map(([name]) => name)).toEqual([
      ...[
        'an ad is created',
        'it is found by its id',
        'a question counts it',
        'it is changed',
        'it is deleted',
      ],
      ...['increments are counted through the log'],
      'mode=sync answers the total, and adds nothing when it is repeated',
    ]);
  });

  it('finds an increment that is counted twice', async () => {
    const client = sound();
    const twice: Client = {
      ...client,
      increment: (async (input, options) => {
        if (input.mode === 'sync') return client.increment(input, options);
        await client.increment(input, options);
        return client.increment(input, options);
      }) as Client['increment'],
    };
    expect(await wrongOf(twice)).toEqual([
      ['increments are counted through the log', expect.stringMatching(/^got (?:[6-9]|10) instead of 5$/)],
      [
        'mode=sync answers the total, and adds nothing when it is repeated',
        expect.stringContaining('instead of 7'),
      ],
    ]);
  });

  it('finds an ad that a delete leaves', async () => {
    const client = sound();
    const kept: Client = {
      ...client,
      deleteAd: () => Promise.resolve({ status: 204, body: undefined, headers: {} } as never),
    };
    expect(await wrongOf(kept)).toEqual([['it is deleted', 'it is still there']]);
  });
});
