import { describe, expect, it } from '@jest/globals';
import { createDescribeApi } from '../../functions/describe-api/describe-api.ts';
import { createIngestAds } from '../../functions/ingest-ads/ingest-ads.ts';
import { createQueryAds } from '../../functions/query-ads/query-ads.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createHttpWorld } from '../support/http-world.ts';
import { noConsole } from '../support/no-extras.ts';
import { toEvent } from '../support/proxy-event.ts';

/** What a function says of a call that came through CloudFront, which puts the API's stage before its path. */
const prod = stageSettings('prod');
const settings = { ...prod, cloud: { ...prod.cloud, edge: {} } };
const body = {
  title: 'Tea time',
  content: 'x',
  start_at: '2026-01-01T00:00:00Z',
  end_at: '2036-01-01T00:00:00Z',
};

function event(path: string, headers: Readonly<Record<string, string>>, method = 'GET') {
  const made = toEvent({ method, path, headers, ...(method === 'POST' && { body }) });
  const requestContext = { path: `/prod${path}`, domainName: 'abc.example.com', requestId: 'gateway' };
  return { ...made, requestContext } as unknown as typeof made;
}

describe.each([
  ['through CloudFront', settings, { 'X-Adtally-Edge': '-' }, '', '/'],
  [
    'through a name of its own',
    settings,
    { 'x-adtally-edge': 'ads.example.com' },
    '',
    'https://ads.example.com',
  ],
  ['to the API itself', settings, {}, '/prod', 'https://abc.example.com/prod'],
  ['to a stage without CloudFront', prod, { 'X-Adtally-Edge': '-' }, '/prod', 'https://abc.example.com/prod'],
] as const)('a call %s', (_name, stage, edge, base, server) => {
  const { ports } = createHttpWorld({ settings: stage });

  it('creates an ad whose address is where the caller finds it', async () => {
    const headers = { ...edge, 'content-type': 'application/json' };
    const created = await createIngestAds(ports)(event('/api/v1/ad', headers, 'POST'));
    expect(created.statusCode).toBe(202);
    expect(created.headers?.['Location']).toMatch(new RegExp(`^${base}/api/v1/ad/[0-9a-f-]{36}$`));
  });

  it('finds the server in the document where the caller asked', async () => {
    const describeApi = createDescribeApi({ ...ports, consolePage: noConsole });
    const answer = await describeApi(event('/openapi.json', edge));
    expect((JSON.parse(answer.body) as { servers: unknown }).servers).toMatchObject([{ url: server }]);
  });

  it('gets no other caller’s name and trace in what the edge may keep, and its own in all else', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const asked = { ...edge, traceparent, 'x-request-id': 'mine' };
    const query = createQueryAds(ports);
    const kept = server === '/' || server === 'https://ads.example.com';
    const page = await query(event('/api/v1/ad', asked));
    expect(page.headers).toMatchObject({ 'X-Request-Id': kept ? 'gateway' : 'mine' });
    expect(page.headers?.['Traceparent']).toBe(kept ? undefined : traceparent);
    for (const path of ['/api/v1/ad?consistency=strong', '/api/v1/ad?limit=0']) {
      const own = await query(event(path, asked));
      expect(own.headers).toMatchObject({ 'X-Request-Id': 'mine', Traceparent: traceparent });
    }
  });
});
