import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UsageError } from '../../lib/options.ts';
import { readLoadOptions, type ProfileName } from '../load/options.ts';
import { allProfiles } from '../load/profiles/all-profiles.ts';
import { runProfile } from '../load/profiles/profile.ts';
import { tokenOf } from '../../lib/bulk/api-options.ts';
import { startGuardedServer, type GuardedServer } from '../load/tools/guarded-server.ts';
import { heyTally } from '../load/tools/hey.ts';
import { judge, verdictOf } from '../load/tools/tally.ts';
import { assertAllAnswered, targetTallies } from '../load/tools/vegeta.ts';
import { vegetaTargets } from '../load/vegeta-targets.ts';

const small = ['--seed', '1', '--ads', '20', '--keys', '30', '--connections', '8'];

describe('a stage that requires a token', () => {
  let server: GuardedServer;
  beforeAll(async () => {
    server = await startGuardedServer();
  });
  afterAll(async () => {
    await server.close();
  });

  const load = (profile: ProfileName, token: string) => {
    const own = profile === 'hot' ? ['--rate', '100'] : ['--rate', '100', '--seconds', '0.5'];
    const options = readLoadOptions(
      [['--profile', profile], ['--url', server.url.origin], ['--token', token], own, small].flat(),
    );
    return runProfile(allProfiles[profile], options, () => undefined);
  };

  it('refuses calls without one', async () => {
    expect((await fetch(new URL('/api/v1/counters?key=a', server.url))).status).toBe(401);
  });

  it.each<ProfileName>(['load', 'hot'])(
    'is reached by the profile %s with --token, and all is counted',
    async (profile) => {
      const { facts, findings } = await load(profile, server.token);
      expect(findings).toEqual([]);
      const { comparison } = facts as {
        comparison: { acknowledged: number; counted: number; uncertain: number };
      };
      expect(comparison.acknowledged).toBeGreaterThan(10);
      expect(comparison).toMatchObject({ counted: comparison.acknowledged, uncertain: 0, wrong: [] });
    },
    120_000,
  );

  it('makes the load test fail if the token is unknown', async () => {
    const unknown = `adtally_${'0'.repeat(16)}_${'0'.repeat(64)}`;
    await expect(load('load', unknown)).rejects.toThrow('401');
  });

  it('finds a counter that lacks an increment, and one that has one too many', async () => {
    const add = (key: string, value: number): Promise<Response> =>
      fetch(new URL('/increment?mode=sync', server.url), {
        method: 'POST',
        headers: { Authorization: `Bearer ${server.token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ key, value }),
      });
    expect((await add('tally-a', 3)).status).toBe(200);
    expect((await add('tally-b', 5)).status).toBe(200);
    const verdict = await judge(server, [
      { keys: ['tally-a', 'tally-absent'], acknowledged: 3, uncertain: 0 },
      { keys: ['tally-b'], acknowledged: 4, uncertain: 0 },
    ]);
    expect(verdict).toEqual({
      acknowledged: 7,
      uncertain: 0,
      counted: 8,
      wrong: ['double: tally-b is 5; acknowledged 4, uncertain 0'],
    });
  });
});

describe('what a tool was acknowledged', () => {
  it('must be counted, and what has no answer may be', () => {
    const tally = { keys: ['a', 'b'], acknowledged: 10, uncertain: 2 };
    const wrongOf = (counted: number) => verdictOf([tally], [counted]).wrong;
    expect(wrongOf(9)).toEqual(['lost: 2 counters is 9; acknowledged 10, uncertain 2']);
    expect([10, 11, 12].map(wrongOf)).toEqual([[], [], []]);
    expect(wrongOf(13)).toEqual(['double: 2 counters is 13; acknowledged 10, uncertain 2']);
  });

  it('is for hey the number of 202, and refusals were not counted', () => {
    const said = [
      'Status code distribution:',
      '  [202]\t90 responses',
      '  [429]\t4 responses',
      '  [503]\t3 responses',
      '',
      'Error distribution:',
      '  [3]\tPost "http://h/increment": EOF',
    ].join('\n');
    expect(heyTally(said, 100)).toEqual({ keys: ['hey'], acknowledged: 90, uncertain: 6 });
  });

  it('is for vegeta what all of its targets add, if all of them were answered', () => {
    const body = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64');
    const targets = [
      { method: 'GET', url: 'http://h/' },
      { method: 'POST', url: 'http://h/increment', body: body({ key: 'a', value: 3 }) },
      {
        method: 'POST',
        url: 'http://h/api/v1/increments',
        body: body({
          increments: [
            { key: 'b', value: 2 },
            { key: 'a', value: 4 },
          ],
        }),
      },
    ].map((target) => JSON.stringify(target));
    expect(targetTallies(targets)).toEqual([
      { keys: ['a'], acknowledged: 7, uncertain: 0 },
      { keys: ['b'], acknowledged: 2, uncertain: 0 },
    ]);
    const report = { requests: 3, errors: [], latencies: { '50th': 1, '99th': 1 } };
    expect(() => {
      assertAllAnswered({ ...report, status_codes: { '200': 1, '202': 1, '404': 1 } }, 3);
    }).not.toThrow();
    expect(() => {
      assertAllAnswered({ ...report, status_codes: { '200': 1, '202': 1, '0': 1 } }, 3);
    }).toThrow('vegeta sent 3 of 3 requests');
    expect(() => {
      assertAllAnswered({ ...report, requests: 2, status_codes: { '202': 2 } }, 3);
    }).toThrow('vegeta sent 2 of 3 requests');
  });
});

describe('the token', () => {
  const token = 'adtally_1_2';

  it('is in each target for vegeta', () => {
    const options = readLoadOptions(['--vegeta', '50', '--token', token, '--seed', '1']);
    const targets = [...vegetaTargets(options, 50)].map(
      (line) => JSON.parse(line) as { header: Record<string, string[]>; body?: string },
    );
    expect(targets).toHaveLength(50);
    for (const { header, body } of targets) {
      expect(header['Authorization']).toEqual([`Bearer ${token}`]);
      expect(header['Content-Type']).toEqual(body === undefined ? undefined : ['application/json']);
    }
  });

  it('comes from the variable if the option is not given, and must be one word', () => {
    expect(tokenOf('a', { ADTALLY_TOKEN: 'b' })).toBe('a');
    expect(tokenOf(undefined, { ADTALLY_TOKEN: 'b' })).toBe('b');
    expect(tokenOf(undefined, { ADTALLY_TOKEN: '' })).toBeUndefined();
    expect(tokenOf(undefined, {})).toBeUndefined();
    expect(() => tokenOf(undefined, { ADTALLY_TOKEN: 'b\r\nHost: other' })).toThrow(UsageError);
    expect(() => readLoadOptions(['--url', 'http://h:1', '--token', 'two words'])).toThrow(UsageError);
    expect(() => readLoadOptions(['--token', token])).toThrow(
      new UsageError('--token requires --url, the stage that it is for'),
    );
  });
});
