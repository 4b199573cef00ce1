import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import {
  AdtallyError,
  InvalidInputError,
  type Client,
  type PolicyOptions,
  type Repeat,
} from '../../client/index.ts';
import { answer, problem, rejection, scriptedApi, systemError, type Step } from './support/scripted-api.ts';

/**
 * Goals: the whole table of what an error says about repeating, as the README has it: each kind of call, each
 * status and failure. Non-goals: when the client itself repeats (call/calls.test.ts).
 */

const readme = readFileSync('client/README.md', 'utf8');
const ad = { id: '0190a0a0-0000-7000-8000-000000000000' };
const increment = { body: { key: 'k', value: 1 } };

const calls: Readonly<Record<string, (client: Client, signal?: AbortSignal) => Promise<unknown>>> = {
  read: (client, signal) => client.getCounter({ key: 'k' }, { signal, timeoutMs: 20_000 }),
  delete: (client, signal) => client.deleteAd(ad, { signal, timeoutMs: 20_000 }),
  keyed: (client, signal) => client.increment(increment, { signal, timeoutMs: 20_000 }),
  unkeyed: (client, signal) => client.increment(increment, { signal, timeoutMs: 20_000, keyed: false }),
};

type Row = Readonly<Record<keyof typeof calls, Repeat>>;
const refused: Row = { read: 'safe', delete: 'safe', keyed: 'safe', unkeyed: 'safe' };
const unknown: Row = { read: 'safe', delete: 'safe', keyed: 'with-key', unkeyed: 'unsafe' };

const table: readonly (readonly [string, Step, Row])[] = [
  ...[400, 401, 403, 404, 405, 409, 412, 413, 414, 415, 422, 429, 431, 501, 507].map(
    (status) => [String(status), problem(status, 'refused'), refused] as const,
  ),
  ...[500, 502, 503, 504].map((status) => [String(status), problem(status, 'failed'), unknown] as const),
  ['403 of a gateway', answer(403, 'Forbidden'), refused],
  ['502 of a gateway', answer(502, 'Bad gateway'), unknown],
  ['not-connected', systemError('ECONNREFUSED'), refused],
  ['no-answer', systemError('ECONNRESET'), unknown],
  ['no-answer: cut short', answer(202, '{"acc'), unknown],
  ['timed-out', 'silence', unknown],
  ['unexpected-answer', answer(206), unknown],
];

describe('an error says whether the call may be repeated', () => {
  it.each(
    table.flatMap(([name, step, row]) => Object.entries(row).map((cell) => [name, ...cell, step] as const)),
  )('%s, %s: %s', async (_name, kind, expected, step) => {
    const { client } = scriptedApi([step]);
    const error = (await rejection(calls[kind]!(client))) as AdtallyError;
    expect(error).toBeInstanceOf(AdtallyError);
    expect(error.repeat).toBe(expected);
    expect(error.idempotencyKey !== undefined).toBe(kind === 'keyed');
    // What the client calls useful to repeat is never unsafe.
    if (error.retryable) expect(error.repeat).not.toBe('unsafe');
  });

  it('and the README has the same table', () => {
    const documented = new Map<string, Row>();
    for (const line of /<!-- repeat -->(.*)<!-- end of repeat -->/s.exec(readme)?.[1]?.split('\n') ?? []) {
      const [, names = '', read, keyed, unkeyed] = line
        .split('|')
        .map((cell) => cell.trim().replace(/`/g, ''));
      if (!['safe', 'unsafe', 'with-key'].includes(read ?? '')) continue;
      const row = { read, delete: read, keyed, unkeyed } as Row;
      for (const name of names.split(', ')) documented.set(name, row);
    }
    const rowOf = (name: string): Row | undefined =>
      documented.get(name) ?? documented.get(/^4\d\d$/.test(name) ? '400 to 499' : name);
    const shown = table.map(([name]) => [name, rowOf(/^[-\w]+/.exec(name)?.[0] ?? '')]);
    expect(shown).toEqual(table.map(([name, , row]) => [name, row]));
    for (const code of ['circuit-open', 'rate-limited', 'too-many-calls', 'closed', 'queue-full'])
      expect([code, rowOf(code)]).toEqual([code, refused]);
    expect([rowOf('aborted'), rowOf('invalid-input')]).toEqual([unknown, refused]);
  });

  it.each<[string, PolicyOptions, Step]>([
    [
      'circuit-open',
      { breaker: { triesMin: 1, openMs: 60_000 }, triesMax: 1 },
      problem(503, 'log-unavailable'),
    ],
    ['rate-limited', { triesMax: 1 }, problem(429, 'too-many-requests', { 'Retry-After': '60' })],
    ['too-many-calls', { callsMax: 1 }, 'silence'],
  ])('a call that is not sent because of %s is safe', async (code, policy, step) => {
    const { client, requests } = scriptedApi([step], { policy, autoAdvance: code !== 'too-many-calls' });
    const first = rejection(client.increment(increment));
    if (code !== 'too-many-calls') await first;
    const error = await rejection(client.increment(increment, { keyed: false }));
    expect(error).toMatchObject({ code, repeat: 'safe', tries: 0 });
    expect(requests.length).toBeLessThanOrEqual(1);
  });

  it('what a full queue refuses is safe', async () => {
    const { client } = scriptedApi(['silence'], { autoAdvance: false });
    const batcher = client.batchIncrements({ queueEntriesMax: 1, waitingMax: 0, onFailed: () => undefined });
    await batcher.add('a', 1);
    expect(await rejection(batcher.add('b', 1))).toMatchObject({ code: 'queue-full', repeat: 'safe' });
  });

  it.each(Object.entries(unknown))('aborted under way, %s: %s', async (kind, expected) => {
    const { client, clock } = scriptedApi(['silence'], { autoAdvance: false });
    const controller = new AbortController();
    const call = rejection(calls[kind]!(client, controller.signal));
    await clock.advance(100);
    controller.abort();
    expect(await call).toMatchObject({ code: 'aborted', repeat: expected });
  });

  it.each(Object.keys(calls))('aborted before it was sent, %s: safe', async (kind) => {
    const { client, requests } = scriptedApi(['silence']);
    const error = await rejection(calls[kind]!(client, AbortSignal.abort()));
    expect(error).toMatchObject({ code: 'aborted', repeat: 'safe' });
    expect(requests).toHaveLength(0);
  });

  it('a refusal after an attempt that may have taken effect is no proof that nothing did', async () => {
    const { client } = scriptedApi([systemError('ECONNRESET'), problem(403, 'forbidden')]);
    expect(await rejection(client.increment(increment))).toMatchObject({
      ...{ status: 403, ambiguous: true, repeat: 'with-key', idempotencyKey: 'key-1' },
    });
  });

  it('an input that was not sent is safe', async () => {
    const { client } = scriptedApi([]);
    const error = await rejection(client.increment({ body: { key: '', value: 1 } }));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error).toMatchObject({ repeat: 'safe' });
  });

  it('of a batch that was logged in part, the rest cannot be repeated under its key', async () => {
    const partly = answer(207, { accepted: 0, failed: [{ index: 0, ambiguous: false }] });
    const { client } = scriptedApi([partly], { random: 0 });
    const repeats: string[] = [];
    const batcher = client.batchIncrements({
      patienceMs: 5000,
      onFailed: ({ error }) => repeats.push(error.repeat),
    });
    await batcher.add('a', 1);
    await batcher.close();
    expect(repeats).toEqual(['unsafe']);
  });

  it('what never left the queue is safe', async () => {
    const { client } = scriptedApi(['silence']);
    const batcher = client.batchIncrements({ onFailed: () => undefined });
    await batcher.close();
    expect(await rejection(batcher.add('a', 1))).toMatchObject({ code: 'closed', repeat: 'safe' });
  });
});
