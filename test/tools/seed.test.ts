import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UsageError } from '../../lib/options.ts';
import { distributionNames, type DistributionName } from '../load/seed/distributions.ts';
import { readSeedOptions } from '../load/seed/options.ts';
import { drawAds } from '../load/seed/seed-ads.ts';
import { startGuardedServer, type GuardedServer } from '../load/tools/guarded-server.ts';

const nowMs = Date.parse('2026-11-29T12:00:00Z');
const drawn = (like: DistributionName, seed = 1, ads = 2000) =>
  drawAds({ ads, like, seed, startAtMs: nowMs, endAtMs: nowMs + 1000 });

describe('the distributions', () => {
  it.each(distributionNames)('%s gives the same ads for a seed, and others for another', (like) => {
    // Few: a difference of thousands takes minutes to print.
    expect(drawn(like, 1, 20)).toEqual(drawn(like, 1, 20));
    expect(drawn(like, 2, 20)).not.toEqual(drawn(like, 1, 20));
    expect(drawn(like, 1, 20).slice(0, 10)).toEqual(drawn(like, 1, 10));
  });

  const shareOf = (like: DistributionName, isIn: (ad: ReturnType<typeof drawn>[number]) => boolean): number =>
    drawn(like).filter(isIn).length / 2000;

  it('uniform reaches both ends of every range, evenly', () => {
    const ads = drawn('uniform');
    const ages = ads.flatMap(({ age_start: from, age_end: to }) => [from ?? 0, to ?? 0]);
    expect([Math.min(...ages), Math.max(...ages)]).toEqual([1, 120]);
    expect(ads.every(({ age_start: from = 0, age_end: to = 0 }) => (from ?? 0) <= (to ?? 0))).toBe(true);
    // The mean of the lesser and of the greater of two even draws from 1..120: a third and two thirds on.
    const mean = (field: 'age_start' | 'age_end') =>
      ads.reduce((sum, ad) => sum + (ad[field] ?? 0), 0) / ads.length;
    expect(Math.abs(mean('age_start') - 40.7)).toBeLessThan(3);
    expect(Math.abs(mean('age_end') - 80.3)).toBeLessThan(3);
    expect(new Set(ads.flatMap(({ country }) => country ?? [])).size).toBe(249);
    for (const gender of ['M', 'F'] as const)
      expect(Math.abs(shareOf('uniform', (ad) => ad.gender?.includes(gender) === true) - 0.75)).toBeLessThan(
        0.05,
      );
  });

  it('zipf gives few countries most of the ads', () => {
    const counts = new Map<string, number>();
    for (const { country } of drawn('zipf'))
      for (const code of country ?? []) counts.set(code, (counts.get(code) ?? 0) + 1);
    const sorted = [...counts].sort((a, b) => b[1] - a[1]);
    expect(sorted.slice(0, 3).map(([code]) => code)).toEqual(['CN', 'IN', 'US']);
    const all = sorted.reduce((sum, [, count]) => sum + count, 0);
    const first = sorted.slice(0, 20).reduce((sum, [, count]) => sum + count, 0);
    expect(first / all).toBeGreaterThan(0.55);
  });

  it('anyone has no target nine times of ten, narrow has one of each', () => {
    const isOpen = (ad: object) => !('age_start' in ad);
    expect(Math.abs(shareOf('anyone', isOpen) - 0.9)).toBeLessThan(0.03);
    for (const { age_start: from, age_end: to, gender, country, platform } of drawn('narrow'))
      expect([from === to, gender?.length, country?.length, platform?.length]).toEqual([true, 1, 1, 1]);
  });
});

describe('npm run seed', () => {
  let server: GuardedServer;
  beforeAll(async () => {
    server = await startGuardedServer();
  });
  afterAll(async () => {
    await server.close();
  });

  const seed = async (args: readonly string[], environment: Record<string, string> = {}) => {
    const child = spawn(process.execPath, ['test/load/seed/main.ts', ...args], {
      env: { ...process.env, ADTALLY_TOKEN: '', ...environment },
    });
    const ended = once(child, 'exit');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: (await ended)[0] as number, stdout, stderr };
  };
  const totalServed = async (): Promise<number> => {
    const headers = { Authorization: `Bearer ${server.token}` };
    const answer = await fetch(new URL('/api/v1/ad', server.url), { headers });
    return ((await answer.json()) as { total: number }).total;
  };

  it.each(distributionNames)(
    'creates ads like %s on a guarded stage, all of them served at its end',
    async (like) => {
      const before = await totalServed();
      const args = ['--url', server.url.href, '--ads', '40', '--like', like];
      const { code, stdout } = await seed(args, { ADTALLY_TOKEN: server.token });
      expect(stdout).toContain(`40 of 40 created, seed 1; ${before + 40} are served now`);
      expect(code).toBe(0);
      expect(await totalServed()).toBe(before + 40);
    },
  );

  it('says that a token is missing, and changes nothing', async () => {
    const before = await totalServed();
    const { code, stdout, stderr } = await seed(['--url', server.url.href, '--ads', '3']);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('401');
    expect(await totalServed()).toBe(before);
  });

  it('says where nobody answered', async () => {
    const { code, stderr } = await seed(['--url', 'http://127.0.0.1:1', '--ads', '1']);
    expect(code).toBe(1);
    expect(stderr).toContain('http://127.0.0.1:1');
    expect(stderr).toContain('npm start, or --url');
  });
});

describe('the arguments of seed', () => {
  it('have defaults', () => {
    expect(readSeedOptions([], nowMs)).toMatchObject({
      ads: 1000,
      like: 'uniform',
      url: 'http://127.0.0.1:3333',
      seed: 1,
      startAtMs: nowMs,
      endAtMs: nowMs + 30 * 86_400_000,
    });
    expect(readSeedOptions(['--url', 'https://a.example/prod/'], nowMs).url).toBe('https://a.example/prod');
  });

  it.each([
    '--ads 0',
    '--like even',
    '--url localhost',
    '--url ftp://a',
    '--url http://a?b=1',
    '--at yesterday',
    '--at 2020-01-01T00:00:00Z --days 1',
    '--seed x',
    'word',
  ])('are refused: %s', (line) => {
    expect(() => readSeedOptions(line.split(' '), nowMs)).toThrow(UsageError);
  });
});
