import { beforeAll, describe, expect, it, test } from '@jest/globals';
import { encodeAdEvent } from '../../../lib/app/ads/ad-event-codec.ts';
import type { Attributes } from '../../../lib/ports/state-store.ts';
import { adEpochMs } from '../../support/ad-builder.ts';
import { createAdAuditor } from './ad-auditor.ts';
import { createAnswerAuditor } from './answer-auditor.ts';
import { Violation, type Exchange, type HttpAnswer, type ItemChange } from './auditor.ts';
import { recordHistory, tell, type Observation } from './true-history.ts';

const minute = 60_000;
const ad = {
  title: 'Tea time',
  content: 'Two for one',
  start_at: new Date(adEpochMs - 2 * 60 * minute).toISOString(),
  end_at: new Date(adEpochMs + 60 * minute).toISOString(),
  country: ['TW'],
};

/** What the lies below are told of. */
const marks = {
  created: 0,
  changed: 0,
  replayed: 0,
  page: 0,
  unchanged: 0,
  read: 0,
  gone: 0,
  ended: 0,
  endedList: 0,
  list: 0,
  lines: 0,
  raced: 0,
  refused: 0,
};
type Place = keyof typeof marks;

let observations: readonly Observation[] = [];
let history = recordHistory();

beforeAll(async () => {
  history = recordHistory();
  const { send, settled, clock } = history;
  const at = async (place: Place, answer: Promise<HttpAnswer>): Promise<HttpAnswer> => {
    const found = await answer;
    marks[place] = history.observations.length - 1;
    return found;
  };
  const wait = { prefer: 'wait=5' };
  const key = { 'idempotency-key': 'once', traceparent: `00-${'a'.repeat(32)}-${'1'.repeat(16)}-01` };
  const first = await at('created', send({ method: 'POST', target: '/api/v1/ad', body: ad, headers: wait }));
  const target = first.headers.location ?? '';
  const etag = first.headers.etag ?? '';
  const patch = {
    method: 'PATCH',
    target,
    body: { title: 'Coffee time' },
    headers: { ...key, ...wait, 'if-match': etag },
  };
  await at('changed', send(patch));
  await clock.advance(5);
  const again = { ...patch.headers, traceparent: `00-${'a'.repeat(32)}-${'2'.repeat(16)}-01` };
  await at('replayed', send({ ...patch, headers: again }));
  await at(
    'raced',
    send({ method: 'PATCH', target, body: { title: 'Too late' }, headers: { 'if-match': etag } }),
  );
  await at('refused', send({ method: 'POST', target: '/api/v1/ad', body: { ...ad, title: 'four' } }));
  const second = { ...ad, end_at: new Date(adEpochMs - 50 * minute).toISOString() };
  const other = await send({ method: 'POST', target: '/api/v1/ad', body: second, headers: wait });
  const token =
    (await send({ method: 'POST', target: '/api/v1/ad', body: ad })).headers['consistency-token'] ?? '';
  await settled();
  const query = '/api/v1/ad?country=TW&limit=2';
  const page = await at(
    'page',
    send({ method: 'GET', target: query, headers: { 'consistency-token': token } }),
  );
  await at(
    'unchanged',
    send({ method: 'GET', target: query, headers: { 'if-none-match': page.headers.etag ?? '' } }),
  );
  await at('read', send({ method: 'GET', target }));
  await at('list', send({ method: 'GET', target: '/api/v1/ads?limit=2' }));
  const inLines = { accept: 'application/x-ndjson' };
  await at('lines', send({ method: 'GET', target: '/api/v1/ads?limit=2', headers: inLines }));
  await send({ method: 'DELETE', target, headers: wait });
  await clock.advance(30 * minute);
  await history.expirer.sweep();
  await settled();
  await at('gone', send({ method: 'GET', target }));
  const ended = `${other.headers.location ?? ''}?include=ended`;
  await at('ended', send({ method: 'GET', target: ended }));
  await at('endedList', send({ method: 'GET', target: '/api/v1/ads?status=ended' }));
  observations = [...history.observations];
});

const create = () => createAdAuditor({ settings: history.ports.settings, clocksAheadMaxMs: 0 });

/** The history with one thing in it changed. */
function withLie(
  place: Place,
  lie: (exchange: Exchange & { answer: HttpAnswer }) => Partial<Exchange>,
): Observation[] {
  return observations.map((observation, index) => {
    if (index !== marks[place] || observation.type !== 'exchanged') return observation;
    const { exchange } = observation;
    if (exchange.answer === undefined) throw new Error('an exchange without an answer');
    return { type: 'exchanged', exchange: { ...exchange, ...lie({ ...exchange, answer: exchange.answer }) } };
  });
}

/** The history with each stored item seen otherwise. */
function withItems(lie: (change: ItemChange) => Attributes | undefined): Observation[] {
  return observations.map((observation) => {
    if (observation.type !== 'wrote') return observation;
    const changes = observation.write.changes.map((change) => ({ ...change, after: lie(change) }));
    return { type: 'wrote', write: { ...observation.write, changes } };
  });
}

const body =
  (change: (text: string) => string) =>
  ({ answer }: { answer: HttpAnswer }): Partial<Exchange> => ({
    answer: { ...answer, body: change(answer.body) },
  });

const header =
  (name: string, value: string) =>
  ({ answer }: { answer: HttpAnswer }): Partial<Exchange> => ({
    answer: { ...answer, headers: { ...answer.headers, [name]: value } },
  });

const withoutHeader =
  (name: string) =>
  ({ answer }: { answer: HttpAnswer }): Partial<Exchange> => ({
    answer: {
      ...answer,
      headers: Object.fromEntries(Object.entries(answer.headers).filter(([one]) => one !== name)),
    },
  });

const status =
  (code: number) =>
  ({ answer }: { answer: HttpAnswer }): Partial<Exchange> => ({ answer: { ...answer, status: code } });

const later =
  (ms: number) =>
  ({ containerNowMs = 0 }: Exchange): Partial<Exchange> => ({ containerNowMs: containerNowMs + ms });

describe('a true history', () => {
  it('passes, at rest too', async () => {
    const auditor = create();
    tell(auditor, observations);
    await auditor.atRest(history.restView());
    const answers = createAnswerAuditor();
    expect(() => {
      tell(answers, observations);
    }).not.toThrow();
    expect(auditor.facts?.()).toMatchObject({ adVersions: 6, adPages: 4, adReads: 3, adEndedReads: 2 });
  });

  it('has snapshots', () => {
    const keys = observations.flatMap((seen) => (seen.type === 'wrote' ? seen.write.changes : []));
    expect(keys.some(({ key }) => key.pk.startsWith('chunk#'))).toBe(true);
  });
});

const swap = (text: string): string => {
  const page = JSON.parse(text) as { ads: unknown[]; total: number };
  return JSON.stringify({ ...page, ads: page.ads.reverse() });
};

const lies: readonly [string, Place, Parameters<typeof withLie>[1], string][] = [
  ['a page in another order', 'page', body(swap), 'G3'],
  ['a page without its first ad', 'page', body((text) => text.replace(/\{"id".*?\},/, '')), 'G3'],
  ['a total that is one off', 'page', body((text) => text.replace('"total":3', '"total":2')), 'G3'],
  ['a page called one version older', 'page', header('catalog-version', '3'), 'G7'],
  ['a page of a version that is to come', 'page', header('catalog-version', '9'), 'G3'],
  ['a page served after an ad has ended', 'page', later(10 * minute), 'G4'],
  [
    'a page with the token of an older version',
    'page',
    header('consistency-token', 'a2.local.0.none.0.0'),
    'G7',
  ],
  ['a page that may be kept for an hour', 'page', header('cache-control', 'public, max-age=3600'), 'G4'],
  ['304 when it has changed', 'unchanged', later(10 * minute), 'G3'],
  ['304 to another tag', 'unchanged', header('etag', 'W/"other"'), 'G3'],
  ['an ad with other words', 'read', body((text) => text.replace('Coffee', 'Cocoa')), 'G3'],
  ['an ad as it was before', 'read', header('etag', '"1"'), 'G3'],
  ['404 for a live ad', 'read', status(404), 'G3'],
  ['a removed ad', 'gone', status(200), 'G3'],
  [
    'a list that ends early',
    'list',
    body((text) => text.replace(/"next_cursor":".*?"/, '"next_cursor":null')),
    'G3',
  ],
  ['lines that lack one', 'lines', body((text) => text.replace(/^.*\n/, '')), 'G3'],
  ['lines that run together', 'lines', body((text) => text.replace('\n', '')), 'G3'],
  ['lines without their cursor', 'lines', withoutHeader('next-cursor'), 'G3'],
  ['a creation with other words', 'created', body((text) => text.replace('Two', 'Ten')), 'G3'],
  ['a creation at another version', 'created', header('etag', '"2"'), 'G3'],
  ['a creation located elsewhere', 'created', header('location', '/api/v1/ad/elsewhere'), 'G1'],
  [
    'a write that is not in the log',
    'created',
    ({ request }) => ({
      request: {
        ...request,
        headers: { ...request.headers, traceparent: `00-${'b'.repeat(32)}-${'1'.repeat(16)}-01` },
      },
    }),
    'G1',
  ],
  ['a write whose token is no token', 'created', header('consistency-token', 'a2.local.0.none.0.0'), 'G7'],
  ['a refused change called applied', 'raced', status(200), 'G1'],
  ['a repeated answer in other words', 'replayed', header('etag', '"7"'), 'G3'],
  ['a repeated answer not called so', 'replayed', header('idempotent-replayed', 'false'), 'G1'],
  ['a faulty request called accepted', 'refused', status(202), 'G8'],
  ['404 instead of a lost race', 'raced', status(404), 'G3'],
  ['404 for an ended ad that is kept', 'ended', status(404), 'G3'],
  ['an ended ad called live', 'ended', header('etag', '"3"'), 'G3'],
  [
    'an ended ad in other words',
    'ended',
    ({ answer }) => ({ answer: { ...answer, body: answer.body.replace('Tea', 'Cup') } }),
    'G3',
  ],
  [
    'a list without an ad that has ended',
    'endedList',
    ({ answer }) => ({ answer: { ...answer, body: '{"ads":[],"next_cursor":null}' } }),
    'G3',
  ],
  [
    'a list of what has not ended',
    'endedList',
    ({ answer }) => ({ answer: { ...answer, body: answer.body.replace('Tea', 'Cup') } }),
    'G3',
  ],
  ['a list of ended ads that is not strong', 'endedList', header('catalog-version', '1'), 'I7'],
];

describe('a history with one lie', () => {
  test.each(lies)('%s', (_name, place, lie, invariant) => {
    expect(violationOf(withLie(place, lie))).toMatch(new RegExp(`^${invariant}:`));
  });

  const setIn = (pk: string, attributes: Attributes) => (change: ItemChange) =>
    change.key.pk.startsWith(pk) && change.after !== undefined
      ? { ...change.after, ...attributes }
      : change.after;
  const items: readonly [string, (change: ItemChange) => Attributes | undefined, string][] = [
    ['a version too many', setIn('head', { version: 9n }), 'G3'],
    ['other live ads', setIn('head', { live_ads: 7n }), 'G3'],
    [
      'another change',
      setIn('changes#', { change: '{"v":1,"remove":"x","reason":"expired","version":1}' }),
      'G3',
    ],
    ['another outcome', setIn('outcome#', { outcome: 'refused', reason: 'not-found' }), 'G3'],
    ['an ended ad of another version', setIn('ended#0', { ended_version: 9n }), 'G3'],
    ['an ended ad kept for ever', setIn('ended#day#', { expires_at: 1n << 60n }), 'G3'],
    [
      'an ended ad that is not kept',
      ({ key, after }) => (key.pk.startsWith('ended#') ? undefined : after),
      'G3',
    ],
    ['an ad that is not there', ({ key, after }) => (key.pk.startsWith('ad#') ? undefined : after), 'G3'],
    [
      'a snapshot without its chunks',
      ({ key, after }) => (key.pk.startsWith('chunk#') ? undefined : after),
      'G5',
    ],
    ['a snapshot that the head does not know', setIn('head', { snapshot_version: 0n }), 'G5'],
  ];
  test.each(items)('stored: %s', (_name, lie, invariant) => {
    expect(violationOf(withItems(lie))).toMatch(new RegExp(`^${invariant}:`));
  });

  it('is refused when nobody was asked for the end of an ad', () => {
    const others = observations.filter(({ type }) => type !== 'asked-for-schedule');
    expect(violationOf(others)).toMatch(/^G4:/);
  });

  it('is refused when a commit comes twice', () => {
    const commits = observations.filter(isCommit);
    expect(violationOf([...observations, ...commits.slice(-1)])).toMatch(/^G[35]:/);
  });

  it('is refused when a page is long out of date and does not say so', () => {
    const page = observations[marks.page];
    const last = observations.at(-1);
    if (page?.type !== 'exchanged' || last?.type !== 'exchanged') throw new Error('no page');
    const { sentAtMs, answeredAtMs } = last.exchange;
    const exchange = {
      ...page.exchange,
      request: { ...page.exchange.request, headers: {} },
      sentAtMs,
      answeredAtMs,
    };
    expect(violationOf([...observations, { type: 'exchanged', exchange }])).toMatch(/^I7:/);
  });

  it('is refused when a record is passed over', () => {
    const second = observations.filter(({ type }) => type === 'appended')[1];
    expect(violationOf(observations.filter((seen) => seen !== second))).toMatch(/^G3:/);
  });

  it('is refused when an end is logged before it came', () => {
    const event = {
      v: 1,
      type: 'AdExpired',
      id: 'c'.repeat(32),
      adId: '019aa3d0-0000-7000-8000-000000000000',
    } as const;
    const data = encodeAdEvent({ ...event, at: 1, endAt: 2 });
    const like = observations.find((seen) => seen.type === 'appended');
    if (like?.type !== 'appended') throw new Error('nothing was appended');
    expect(violationOf([{ type: 'appended', record: { ...like.record, data } }])).toMatch(/^I8:/);
  });

  it('is refused when an event is dated ahead of every clock', () => {
    const like = observations.find((seen) => seen.type === 'appended');
    if (like?.type !== 'appended') throw new Error('nothing was appended');
    const record = { ...like.record, arrivedAtMs: like.record.arrivedAtMs - 10_000 };
    expect(violationOf([{ type: 'appended', record }])).toMatch(/^I9:/);
  });

  it('is refused when two changes bound to one version go through', () => {
    const race = observations[marks['changed']];
    if (race?.type !== 'exchanged') throw new Error('no race');
    const { request } = race.exchange;
    const headers = {
      ...request.headers,
      traceparent: `00-${'d'.repeat(32)}-${'1'.repeat(16)}-01`,
      'idempotency-key': 'other',
    };
    // Nothing but the answers: no container, so that the log is not asked.
    const { id, sentAtMs, answeredAtMs, answer } = race.exchange;
    const twin: Observation = {
      type: 'exchanged',
      exchange: {
        ...{ id, sentAtMs, answeredAtMs, answer, principal: 'anonymous' },
        request: { ...request, headers },
      },
    };
    expect(violationOf([...observations, twin])).toMatch(/^G3: two changes/);
  });
});

describe('at rest', () => {
  it('refuses an event that nobody asked for', async () => {
    const silent = observations.filter((_, index) => index !== marks['created']);
    await expect(restOf(silent)).rejects.toThrow(/^G8: the log has an event that nobody asked for/);
  });

  it('refuses an applied change that was called refused', async () => {
    await expect(restOf(withLie('changed', status(412)))).rejects.toThrow(
      /^G3: a request was refused and took effect/,
    );
  });

  it('refuses a change that was called not logged', async () => {
    const lie = body(() => 'The change was not logged. Send it again.');
    const unlogged = withLie('raced', (exchange) => ({
      answer: { ...exchange.answer, ...lie(exchange).answer, status: 503 },
    }));
    await expect(restOf(unlogged)).resolves.toBeUndefined();
    const logged = withLie('changed', (exchange) => ({
      answer: { ...exchange.answer, ...lie(exchange).answer, status: 503 },
    }));
    await expect(restOf(logged)).rejects.toThrow(/^G1: a change was called not logged/);
  });

  it('refuses a record that was never settled', async () => {
    const last = observations.findLastIndex(isCommit);
    const view = { ...history.restView(), nowMs: history.clock.nowMs() + minute };
    const unsettled = observations.slice(0, last).filter(({ type }) => type !== 'exchanged');
    const auditor = create();
    tell(auditor, unsettled);
    await expect(auditor.atRest(view)).rejects.toThrow(/^G8|^G7/);
  });

  it('refuses an ad that ended long ago and was never removed', async () => {
    const auditor = create();
    tell(auditor, observations);
    const removedBeforeMs = history.clock.nowMs() + 100 * 365 * 24 * 60 * minute;
    await expect(auditor.atRest({ ...history.restView(), removedBeforeMs })).rejects.toThrow(/^I8/);
  });

  it('refuses a store that has changed behind the head', async () => {
    const { state } = history.restView();
    const key = { table: 'ads', pk: 'changes#0', sk: '2'.padStart(16, '0') } as const;
    const before = await state.get(key);
    await state.write({
      type: 'put',
      key,
      attributes: { change: '{"v":1,"remove":"x","reason":"deleted","version":2}' },
    });
    await expect(restOf(observations)).rejects.toThrow(/^G5: a change is stored otherwise/);
    await state.write({ type: 'put', key, attributes: before ?? {} });
  });
});

function isCommit(seen: Observation): boolean {
  return seen.type === 'wrote' && seen.write.changes.some(({ key }) => key.pk.startsWith('outcome#'));
}

async function restOf(seen: readonly Observation[]): Promise<void> {
  const auditor = create();
  tell(auditor, seen);
  await auditor.atRest(history.restView());
}

/** What the auditor says; empty: nothing. */
function violationOf(seen: readonly Observation[]): string {
  try {
    tell(create(), seen);
  } catch (error) {
    if (error instanceof Violation) return error.message;
    throw error;
  }
  return '';
}
