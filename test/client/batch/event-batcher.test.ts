import { describe, expect, it } from '@jest/globals';
import { createEventBatcher, type EventBatcherOptions, type FailedEvents } from '../../../client/index.ts';
import { clientClock } from '../support/client-clock.ts';
import { answer, problem, scriptedApi, type Step } from '../support/scripted-api.ts';
import { worldApi, type Meddle } from '../support/world-api.ts';

const accepted = answer(202, { accepted: 1, rejected: [] });
const refused = problem(503, 'log-unavailable');

/** A batcher on an API that answers with these steps in turn; the clock stands still. */
function setUp(steps: readonly Step[], options: Partial<EventBatcherOptions> = {}) {
  const api = scriptedApi(steps, { autoAdvance: false });
  const failed: FailedEvents[] = [];
  const batcher = createEventBatcher(api.client, {
    onFailed: (one) => failed.push(one),
    deps: { clock: clientClock(api.clock), random: () => 0.5 },
    ...options,
  });
  const sent = (): string[][] =>
    api.requests.map(({ body }) =>
      (JSON.parse(body as string) as { events: { token: string; type: string }[] }).events.map(
        ({ token, type }) => `${type} ${token}`,
      ),
    );
  return { ...api, batcher, failed, sent };
}

const decision = (token: string) => ({ token });

describe('a batcher of events', () => {
  it('sends what was tracked within a second in one request', async () => {
    const { batcher, clock, sent, requests } = setUp([accepted]);
    batcher.trackImpression(decision('a'));
    await clock.advance(600);
    batcher.trackClick(decision('a'));
    batcher.trackImpression(decision('b'));
    await clock.advance(399);
    expect(sent()).toEqual([]);
    await clock.advance(1);
    expect(sent()).toEqual([['impression a', 'click a', 'impression b']]);
    expect(requests).toMatchObject([{ url: 'http://api.test/api/v1/events', keepalive: true }]);
    await batcher.flush();
    expect(batcher.facts()).toEqual({ tracked: 3, accepted: 3, failed: 0, queued: 0 });
  });

  it('sends an event once while it is under way, and 250 at most at a time', async () => {
    const { batcher, clock, sent } = setUp([accepted]);
    for (let time = 0; time < 2; time++)
      for (let at = 0; at < 600; at++) batcher.trackImpression(decision(`t${at}`));
    const flushed = batcher.flush();
    await clock.advance(0);
    await flushed;
    expect(sent().map(({ length }) => length)).toEqual([250, 250, 100]);
    expect(batcher.facts()).toMatchObject({ tracked: 600, accepted: 600 });
  });

  it('compresses no body: a page that closes has no time for it', async () => {
    const api = scriptedApi([accepted], {
      autoAdvance: false,
      gzip: () => Promise.reject(new Error('compressed')),
    });
    const batcher = createEventBatcher(api.client, {
      onFailed: () => undefined,
      deps: { clock: clientClock(api.clock) },
    });
    for (let at = 0; at < 250; at++) batcher.trackImpression(decision(`t${at}`));
    await api.clock.advance(0);
    expect(api.requests).toMatchObject([{ body: expect.stringContaining('"t249"') as unknown }]);
  });

  it('reports what will never count, with the reason', async () => {
    const body = {
      accepted: 1,
      rejected: [
        { index: 0, reason: 'expired' },
        { index: 2, reason: 'invalid' },
      ],
    };
    const { batcher, failed } = setUp([answer(202, body)]);
    for (const token of ['late', 'good', 'forged']) batcher.trackImpression(decision(token));
    await batcher.flush();
    expect(failed.map(({ events, error }) => [events, error.code, error.retryable])).toEqual([
      [[{ token: 'late', type: 'impression' }], 'expired', false],
      [[{ token: 'forged', type: 'impression' }], 'invalid', false],
    ]);
    expect(batcher.facts()).toEqual({ tracked: 3, accepted: 1, failed: 2, queued: 0 });
  });

  it('sends again what was not logged, without what was, before later events', async () => {
    const partly = answer(207, { accepted: 1, rejected: [], failed: [{ index: 1, ambiguous: true }] });
    // The call itself repeats a 207 until its tries are used up.
    const { batcher, clock, sent, failed } = setUp([...Array.from({ length: 5 }, () => partly), accepted]);
    batcher.trackImpression(decision('a'));
    batcher.trackImpression(decision('b'));
    const flushed = batcher.flush();
    await clock.advance(4000);
    expect(batcher.facts()).toMatchObject({ accepted: 1, queued: 1 });
    batcher.trackImpression(decision('c'));
    await clock.advance(10_000);
    await flushed;
    expect(sent().slice(5)).toEqual([['impression b', 'impression c']]);
    expect([failed, batcher.facts().accepted]).toEqual([[], 3]);
  });

  it('tries for as long as its patience and then reports, although the API never answers', async () => {
    const { batcher, clock, failed, requests } = setUp(['silence'], { patienceMs: 60_000 });
    batcher.trackClick(decision('a'));
    await clock.advance(50_000);
    expect([failed.length, requests.length > 2]).toEqual([0, true]);
    await clock.advance(100_000);
    expect(failed).toMatchObject([
      {
        events: [{ token: 'a', type: 'click' }],
        error: { code: 'timed-out', retryable: true, repeat: 'safe' },
      },
    ]);
    expect(batcher.facts()).toEqual({ tracked: 1, accepted: 0, failed: 1, queued: 0 });
  });

  it('does not repeat what is refused for good', async () => {
    const { batcher, failed, requests } = setUp([problem(401, 'unauthorized')]);
    batcher.trackImpression(decision('a'));
    await batcher.flush();
    expect([requests.length, failed]).toMatchObject([1, [{ error: { code: 'unauthorized' } }]]);
  });

  it('tries again after an error of the caller, such as that of its token function', async () => {
    let calls = 0;
    const api = scriptedApi([accepted], {
      autoAdvance: false,
      token: () => {
        calls += 1;
        if (calls === 1) throw new Error('not logged in');
        return 'token';
      },
    });
    const failed: FailedEvents[] = [];
    const batcher = createEventBatcher(api.client, {
      onFailed: (one) => failed.push(one),
      deps: { clock: clientClock(api.clock), random: () => 0.5 },
    });
    batcher.trackImpression(decision('a'));
    await api.clock.advance(1000);
    expect(batcher.facts()).toMatchObject({ accepted: 0, queued: 1 });
    await api.clock.advance(5000);
    expect([failed, batcher.facts().accepted, calls]).toEqual([[], 1, 2]);
  });

  it('keeps a bounded number of events', () => {
    const { batcher, failed } = setUp(['silence'], { queueMax: 2 });
    for (const token of ['a', 'b', 'c', 'a']) batcher.trackImpression(decision(token));
    expect(failed).toMatchObject([
      { events: [{ token: 'c' }], error: { code: 'queue-full', retryable: true, ambiguous: false } },
    ]);
    expect(batcher.facts()).toEqual({ tracked: 3, accepted: 0, failed: 1, queued: 2 });
  });

  it('refuses what is no token, by itself', async () => {
    const { batcher, sent } = setUp([accepted]);
    batcher.trackImpression(decision('good'));
    for (const token of ['', 'no token', 'x'.repeat(201)])
      expect(() => {
        batcher.trackImpression(decision(token));
      }).toThrow(expect.objectContaining({ code: 'invalid-input' }));
    await batcher.flush();
    expect(sent()).toEqual([['impression good']]);
  });

  it('sends the queue as the page closes, also beside a request that is under way', async () => {
    const { batcher, clock, sent } = setUp(['silence', accepted]);
    batcher.trackImpression(decision('a'));
    await clock.advance(1000);
    batcher.trackImpression(decision('b'));
    batcher.sendBeforeUnload();
    await clock.advance(0);
    expect(sent()).toEqual([['impression a'], ['impression b']]);
    expect(batcher.facts()).toMatchObject({ accepted: 1, queued: 1 });
  });

  it('closes in time, reports the rest and takes no more', async () => {
    const { batcher, clock, failed, requests } = setUp([refused, 'silence']);
    for (let at = 0; at < 300; at++) batcher.trackImpression(decision(`t${at}`));
    const closed = batcher.close(500);
    await clock.advance(500);
    await closed;
    expect(failed.map(({ events, error }) => [events.length, error.code])).toEqual([
      [50, 'closed'],
      [250, 'aborted'],
    ]);
    expect(() => {
      batcher.trackClick(decision('a'));
    }).toThrow(expect.objectContaining({ code: 'closed' }));
    const before = requests.length;
    await clock.advance(60_000);
    expect(requests.length).toBe(before);
  });
});

describe('with the whole API, whose answers are lost', () => {
  const instant = (ms: number): string => new Date(ms).toISOString();

  it('each event is counted once', async () => {
    let events = 0;
    const meddle: Meddle = async ({ url }, _index, send) => {
      if (!url.endsWith('/events')) return undefined;
      events += 1;
      if (events === 1) return problem(503, 'log-unavailable')();
      if (events === 2) {
        await send();
        throw new TypeError('fetch failed');
      }
      return undefined;
    };
    const { client, clock } = worldApi({ meddle });
    const { body: ad } = await client.createAd({
      prefer: 'wait=5',
      body: {
        ...{ title: 'Tea time', content: 'Two for one' },
        ...{ start_at: instant(clock.nowMs() - 1000), end_at: instant(clock.nowMs() + 86_400_000) },
      },
    });
    const { body } = await client.decide({ body: { placements: [{ id: 'top' }] } });
    const decisions = body.decisions.flatMap(({ ads }) => ads.map((one) => one.decision));
    expect(decisions).toHaveLength(1);
    const failed: FailedEvents[] = [];
    const batcher = createEventBatcher(client, {
      onFailed: (one) => failed.push(one),
      deps: { clock: clientClock(clock), random: () => 0.5 },
    });
    for (const one of decisions) {
      batcher.trackImpression(one);
      batcher.trackClick(one);
    }
    await batcher.close(60_000);
    expect([events, failed, batcher.facts().accepted]).toEqual([3, [], 2]);
    const [one = { token: '' }] = decisions;
    const again = await client.trackEvents({ body: { events: [{ token: one.token, type: 'click' }] } });
    const consistencyToken = again.headers['Consistency-Token'];
    const { id } = ad;
    const { body: report } = await client.getAdDelivery({ id, bucket: 'hour', consistencyToken });
    expect(report).toMatchObject({ impressions: 1, clicks: 1, not_counted: { duplicate: 3 } });
  });
});
