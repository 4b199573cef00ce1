import { describe, expect, it } from '@jest/globals';
import { windowMs } from '../../lib/app/rate/leased-rate.ts';
import { metrics } from '../../lib/ports/telemetry.ts';
import { stageSettings, type RateSettings } from '../../lib/stages.ts';
import { createHttpWorld } from '../support/http-world.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';
import { toEvent } from '../support/proxy-event.ts';
import { newAdBody } from '../support/new-ad-body.ts';

function build(exactLimit = true) {
  const local = stageSettings('local');
  const tokens = { ...local.tokens, exactLimit, rate: { ratePerSecond: 0.6, burst: 2 } };
  const telemetry = createRecordingTelemetry();
  const world = createHttpWorld({ settings: { ...local, tokens }, telemetry });
  const post = (path: string, body: unknown, principal?: string) =>
    world.send({
      method: 'POST',
      path,
      body,
      headers: { 'content-type': 'application/json' },
      ...(principal !== undefined && { principal }),
    });
  const increment = (principal?: string) => post('/increment', { key: 'k', value: 1 }, principal);
  return { ...world, telemetry, post, increment };
}

describe('a stage with an exact limit', () => {
  // Covers API4.2 (docs/security.md).
  it('answers 429 to what a token sends beyond its rate, and logs none of it', async () => {
    const { increment, logged, telemetry, clock, post } = build();
    for (let call = 0; call < 3; call += 1) expect((await increment('p')).status).toBe(202);
    const refused = await increment('p');
    expect(refused).toMatchObject({
      status: 429,
      headers: { 'RateLimit-Policy': '"token";q=3;w=5' },
      json: { type: 'urn:adtally:problem:too-many-requests' },
    });
    expect(Number(refused.headers['Retry-After'])).toBeLessThanOrEqual(windowMs / 1000);
    expect(telemetry.total(metrics.rateLimited)).toBe(1);
    expect(await logged()).toBe(3);
    expect((await increment('q')).status).toBe(202);
    expect((await increment()).status).toBe(202);
    await clock.advance(Number(refused.headers['Retry-After']) * 1000);
    expect((await post('/api/v1/ad', newAdBody(clock.nowMs()), 'p')).status).toBe(202);
  });
});

it('leaves the limit to the usage plan elsewhere', async () => {
  const { increment } = build(false);
  for (let call = 0; call < 10; call += 1) expect((await increment('p')).status).toBe(202);
});

it.each<readonly [string, Partial<RateSettings> | undefined, number]>([
  ['2:20', undefined, 20],
  ['2:20', { ratePerSecond: 1, burst: 5 }, 5],
  ['2:20', { burst: 6 }, 10],
  ['2:20', { ratePerSecond: 1 }, 20],
  ['1:4', { ratePerSecond: 100, burst: 500 }, 5],
])(
  'lets a token of %s make, under a ceiling of %j, as many calls a window as it says: %d',
  async (rate, rateCeiling, calls) => {
    const local = stageSettings('local');
    const tokens = { ...local.tokens, ...(rateCeiling && { rateCeiling }) };
    const { functions } = createHttpWorld({ settings: { ...local, tokens } });
    const event = toEvent({
      ...{ method: 'POST', path: '/increment', body: { key: 'k', value: 1 } },
      headers: { 'content-type': 'application/json' },
    });
    Object.assign(event.requestContext, { authorizer: { principalId: 'p', rate } });
    const answers: Awaited<ReturnType<(typeof functions)['ingest-increments']>>[] = [];
    for (let call = 0; call <= calls; call += 1) answers.push(await functions['ingest-increments'](event));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([...Array<number>(calls).fill(202), 429]);
    expect(answers.at(-1)?.headers).toMatchObject({ 'RateLimit-Policy': `"token";q=${calls};w=5` });
  },
);

it('holds a token to the rate that the authorizer names, in a stage without an exact limit too', async () => {
  const { functions, logged } = build(false);
  const call = async (rate?: string) => {
    const event = toEvent({
      ...{ method: 'POST', path: '/increment', body: { key: 'k', value: 1 } },
      headers: { 'content-type': 'application/json' },
    });
    const authorizer = { principalId: `p${rate ?? ''}`, ...(rate !== undefined && { rate }) };
    Object.assign(event.requestContext, { authorizer });
    return functions['ingest-increments'](event);
  };
  for (let calls = 0; calls < 5; calls += 1) expect((await call('1:3')).statusCode).toBe(202);
  const refused = await call('1:3');
  expect(refused).toMatchObject({ statusCode: 429, headers: { 'RateLimit-Policy': '"token";q=5;w=5' } });
  expect(JSON.parse(refused.body)).toMatchObject({
    detail: 'The token may make 5 calls in each window of 5 seconds. Wait for `Retry-After`.',
  });
  // Neither nothing nor nonsense is a rate.
  for (let calls = 0; calls < 10; calls += 1) {
    expect((await call()).statusCode).toBe(202);
    expect((await call('often')).statusCode).toBe(202);
  }
  expect(await logged()).toBe(25);
});
