import { describe, expect, it } from '@jest/globals';
import { UsageError } from '../../lib/options.ts';
import { HttpConnection } from '../support/http-connection.ts';
import { Generators } from '../load/generator/generators.ts';
import { readLoadOptions, type ProfileName } from '../load/options.ts';
import { toSvg } from '../load/plot/chart.ts';
import { searchKnee, type Step } from '../load/profiles/stress.ts';
import { runProfile } from '../load/profiles/profile.ts';
import { allProfiles } from '../load/profiles/all-profiles.ts';
import { Target } from '../load/profiles/target.ts';
import { vegetaTargets } from '../load/vegeta-targets.ts';

const optionsOf = (...args: string[]) => readLoadOptions(args);

describe('load for a second', () => {
  it('finds everything acknowledged counted, per key, and one that somebody else counted', async () => {
    const options = optionsOf('--seed', '1', '--connections', '8', '--batch', '20');
    const generators = new Generators(2);
    const target = await Target.open({ ads: 20, keys: 30, seed: 1 });
    try {
      const result = await target.run(generators, {
        ...options,
        ratePerSecond: 150,
        durationMs: 1000,
        keys: 30,
      });
      expect(result.failed).toEqual({});
      expect(result.seconds.length).toBeGreaterThan(0);
      const right = await target.compare();
      expect(right).toMatchObject({ keys: 30, uncertain: 0, wrong: [] });
      expect(right.acknowledged).toBeGreaterThan(50);
      expect(right.counted).toBe(right.acknowledged);

      const connection = new HttpConnection(target.url);
      const { keyPrefix } = target.plan({ ...options, ratePerSecond: 0, durationMs: 1 });
      const body = JSON.stringify({ key: `${keyPrefix}-4`, value: 1 });
      await connection.ask({ method: 'POST', path: '/increment?mode=sync', body });
      connection.close();
      expect((await target.compare()).wrong).toEqual([expect.stringContaining(`double: ${keyPrefix}-4 is `)]);
    } finally {
      generators.stop();
      await target.close();
    }
  }, 120_000);
});

describe('a profile in small', () => {
  it.each<[ProfileName, string[]]>([
    ['load', ['--rate', '100', '--seconds', '0.5']],
    ['stress', ['--seconds', '0.2']],
    ['soak', ['--minutes', '0.05', '--rate', '100', '--seconds', '0.2']],
    ['growth', ['--seconds', '0.2']],
    ['writes', ['--seconds', '0.2']],
    ['delivery', ['--seconds', '0.2']],
  ])(
    '%s: everything is counted, and there is a plot',
    async (profile, args) => {
      const options = optionsOf(
        '--seed',
        '1',
        '--profile',
        profile,
        '--ads',
        '20',
        '--keys',
        '30',
        '--connections',
        '8',
        ...args,
      );
      const said: string[] = [];
      const { facts, chart, findings } = await runProfile(allProfiles[profile], options, (line) =>
        said.push(line),
      );
      // Whether memory was flat for three seconds is no question.
      expect(findings.filter((finding) => !finding.includes('NOT FLAT'))).toEqual([]);
      expect(said.join('\n')).not.toContain('undefined');
      expect(JSON.stringify(facts).length).toBeGreaterThan(50);
      expect(toSvg({ notes: [], ...chart })).toContain('<polyline');
    },
    120_000,
  );
});

describe('the search for the knee', () => {
  const upTo = (limit: number) => {
    const asked: number[] = [];
    const tryRate = (rate: number): Promise<Step> => {
      asked.push(rate);
      return Promise.resolve({ rate, held: rate <= limit } as Step);
    };
    return { asked, tryRate };
  };

  it('goes up until it breaks, then comes close from both sides', async () => {
    const { asked, tryRate } = upTo(1000);
    const { knee, steps } = await searchKnee(300, tryRate);
    expect(knee).toBeLessThanOrEqual(1000);
    expect(knee).toBeGreaterThan(950);
    expect(steps).toHaveLength(asked.length);
    expect(steps.map(({ rate }) => rate)).toEqual(asked.toSorted((a, b) => a - b));
  });

  it('says 0 where nothing held within a few tries, and ends where nothing breaks', async () => {
    expect((await searchKnee(300, upTo(10).tryRate)).knee).toBe(0);
    const { asked, tryRate } = upTo(Infinity);
    expect((await searchKnee(300, tryRate)).knee).toBe(asked.at(-1));
    expect(asked.length).toBeLessThan(20);
  });
});

describe('the command line', () => {
  it('has defaults of its own per profile', () => {
    expect(optionsOf()).toMatchObject({
      profile: 'load',
      keys: 1000,
      batchSize: 100,
      connections: 64,
      ads: undefined,
    });
    expect(optionsOf('--profile', 'writes')).toMatchObject({ keys: 10_000, batchSize: 500 });
    expect(optionsOf('--mix', 'ads=1,batch=2')).toMatchObject({ mix: { ads: 1, batch: 2 } });
  });

  it.each([
    '--profile spike',
    '--rate -1',
    '--keys 1.5',
    '--connections 0',
    '--mix ads',
    '--mix ads=0',
    '--mix likes=1',
    '--url localhost',
    '--profile growth --url http://localhost:3333',
    '--nothing',
  ])('refuses %s', (line) => {
    expect(() => readLoadOptions(line.split(' '))).toThrow(UsageError);
  });
});

describe('the targets for vegeta', () => {
  it('are the requests of the mix, bodies in base64', () => {
    const options = optionsOf(
      '--mix',
      'ads=1,single=1',
      '--seed',
      '5',
      '--keys',
      '2',
      '--url',
      'http://h:81',
    );
    const targets = [...vegetaTargets(options, 40)].map((line) => JSON.parse(line) as Record<string, string>);
    expect(targets).toHaveLength(40);
    const gets = targets.filter(({ method }) => method === 'GET');
    const posts = targets.filter(({ method }) => method === 'POST');
    expect(gets.length + posts.length).toBe(40);
    for (const { url } of gets) expect(url).toMatch(/^http:\/\/h:81\/api\/v1\/ad\?/);
    for (const { url, body = '' } of posts) {
      expect(url).toBe('http://h:81/increment');
      expect(Buffer.from(body, 'base64').toString()).toMatch(/^\{"key":"vegeta-5-[01]","value":\d\}$/);
    }
  });
});
