import { describe, expect, it } from '@jest/globals';
import { hashPosition } from '../../lib/adapters/records/partition-hash.ts';
import type { AppendResult, EventLog, LogEntry } from '../../lib/ports/event-log.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';

interface Increment {
  readonly key: string;
  readonly value: number;
}

const one = (key: string): Increment => ({ key, value: 1 });

/** A log that answers the entries of its n-th call as the script says, and what it was given. */
function scriptedLog(script: readonly (readonly AppendResult['status'][])[]) {
  const calls: (readonly LogEntry[])[] = [];
  const log: EventLog = {
    ...{ stream: 'increments', epoch: '1', hashPosition },
    append: (entries) => {
      const answers = script[calls.length] ?? [];
      calls.push(entries);
      return Promise.resolve(
        entries.map((_, i): AppendResult => {
          const status = answers[i] ?? 'appended';
          if (status !== 'appended') return { status, reason: 'of the test' };
          return { status, shardId: 'shardId-000000000000', sequenceNumber: String(calls.length * 1000 + i) };
        }),
      );
    },
  };
  const ids = (): readonly string[] =>
    calls.flat().map(({ data }) => {
      const { key, id } = JSON.parse(new TextDecoder().decode(data)) as { key: string; id: string };
      return `${key} ${id}`;
    });
  return { log, calls, ids };
}

/** Posts a batch to a world of its own, so that its tokens have the same lengths each time. */
async function postBatch(increments: readonly Increment[], headers = {}, world = newWorld()) {
  const reply = await world.post('/api/v1/increments', { increments }, headers);
  return { ...reply, header: reply.headers['Consistency-Token'] };
}

const newWorld = (): HttpWorld => createHttpWorld({ increments: scriptedLog([]).log });

describe('the tokens of a batch', () => {
  it.each([
    [1, true],
    [9, true],
    [10, true],
    [11, false],
  ])('of %d keys are in the header: %p', async (count, there) => {
    const { header, status } = await postBatch(Array.from({ length: count }, (_, i) => one(`k${i}`)));
    expect([status, header !== undefined]).toEqual([202, there]);
    if (there) expect(header!.split(', ')).toHaveLength(count);
  });

  it('are in the header up to 4,096 characters', async () => {
    // Each of these keys is 445 characters in a token.
    const long = Array.from({ length: 8 }, (_, i) => one(`${i}${'ü'.repeat(74)}`));
    const shortest = (await postBatch([...long, one('x')])).header!.length;
    for (const [length, there] of [
      [4095, true],
      [4096, true],
      [4097, false],
    ] as const) {
      const { header } = await postBatch([...long, one('x'.repeat(length - shortest + 1))]);
      expect(header?.length).toBe(there ? length : undefined);
    }
  });

  it('are in the body when asked for, as those of the header', async () => {
    const { header, json, headers } = await postBatch([one('a'), one('b')], {
      Prefer: 'return=representation',
    });
    const { tokens } = json as { tokens: Record<string, string> };
    expect(Object.values(tokens).join(', ')).toBe(header);
    expect(Object.keys(tokens)).toEqual(['a', 'b']);
    expect(headers['Preference-Applied']).toBe('return=representation');
    expect((await postBatch([one('a')])).headers['Preference-Applied']).toBeUndefined();
  });
});

describe('a batch of which the log took some', () => {
  it('counts increments, not keys, names the others, and says when to come back', async () => {
    const { log } = scriptedLog([['appended', 'unknown', 'appended', 'unknown']]);
    const keys = ['a', 'b', 'c', 'd', 'a', 'b', 'a'];
    const reply = await postBatch(keys.map(one), {}, createHttpWorld({ increments: log }));
    expect(reply.status).toBe(207);
    expect(reply.headers['Retry-After']).toBe('1');
    expect(reply.json).toEqual({
      accepted: 4,
      failed: [1, 3, 5].map((index) => ({ index, ambiguous: true })),
    });
    expect(reply.header!.split(', ')).toHaveLength(2);
  });

  it('names the others in the order of the request', async () => {
    const { log } = scriptedLog([['unknown', 'unknown', 'appended']]);
    const world = createHttpWorld({ increments: log });
    const reply = await postBatch(['a', 'b', 'a', 'c', 'b', 'a'].map(one), {}, world);
    expect(reply.json).toEqual({
      accepted: 1,
      failed: [0, 1, 2, 4, 5].map((index) => ({ index, ambiguous: true })),
    });
  });

  it('is 503 if it took none, which may be in the log if one of them may be', async () => {
    const refused = ['refused', 'refused'] as const;
    const { log } = scriptedLog([['refused', 'unknown'], ...[refused, refused, refused]]);
    const reply = await postBatch([one('a'), one('b')], {}, createHttpWorld({ increments: log }));
    expect([reply.status, (reply.json as { detail: string }).detail]).toEqual([
      503,
      expect.stringContaining('may or may not') as unknown,
    ]);
  });

  it('says whether the others may be in the log after all', async () => {
    const refusedFor = (calls: number): AppendResult['status'][][] =>
      Array.from({ length: calls }, (_, i) => (i === 0 ? ['appended', 'refused', 'unknown'] : ['refused']));
    const { log } = scriptedLog(refusedFor(4));
    const reply = await postBatch(['a', 'b', 'c'].map(one), {}, createHttpWorld({ increments: log }));
    expect(reply.json).toEqual({
      accepted: 1,
      failed: [
        { index: 1, ambiguous: false },
        { index: 2, ambiguous: true },
      ],
    });
  });

  it.each([
    [['refused'], 'No increment was logged. Send the request again.'],
    [['unknown'], 'may or may not have been logged'],
  ] as const)('or none is 503 and says so: %j', async (answers, words) => {
    for (const path of ['/increment', '/api/v1/increments']) {
      const { log } = scriptedLog(Array.from({ length: 4 }, () => answers));
      const world = createHttpWorld({ increments: log });
      const reply = await world.post(path, path === '/increment' ? one('a') : { increments: [one('a')] });
      expect(reply.status).toBe(503);
      expect(reply.headers['Retry-After']).toBe('1');
      expect((reply.json as { detail: string }).detail).toContain(words);
    }
  });
});

describe('a request that is sent again under its key', () => {
  const keyed = { 'Idempotency-Key': 'the-same' };

  it('has the same event for each of its keys, whatever the log said before', async () => {
    const { log, ids, calls } = scriptedLog([
      ...([
        ['unknown', 'unknown', 'unknown'],
        ['unknown', 'refused', 'unknown'],
      ] as const),
      ...([
        ['refused', 'refused', 'unknown'],
        ['refused', 'refused', 'unknown'],
      ] as const),
      // The client sends it again: twice more it gets some of it in.
      ...([['appended', 'unknown', 'unknown'], ['unknown', 'unknown'], ['unknown'], ['unknown']] as const),
    ]);
    const world = createHttpWorld({ increments: log });
    const increments = ['a', 'b', 'a', 'c'].map(one);
    const statuses: number[] = [];
    for (let sent = 0; sent < 4; sent += 1) {
      const reply = await postBatch(increments, keyed, world);
      statuses.push(reply.status);
    }
    expect(statuses).toEqual([503, 207, 202, 202]);
    expect(calls).toHaveLength(9);
    expect(new Set(ids()).size).toBe(3);
  });

  it('has other events under another key, of another caller, and without a key each time', async () => {
    const { log, ids } = scriptedLog([]);
    const world = createHttpWorld({ increments: log });
    const send = (principal: string, key?: string) =>
      world.send({
        ...{ method: 'POST', path: '/increment', body: one('a'), principal },
        headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
      });
    for (const [principal, key] of [
      ['p', 'x'],
      ['p', 'y'],
      ['q', 'x'],
      ['p', undefined],
      ['p', undefined],
    ] as const) {
      expect((await send(principal, key)).status).toBe(202);
    }
    expect(new Set(ids()).size).toBe(5);
    expect((await send('p', 'x')).headers['Idempotent-Replayed']).toBe('true');
    expect(ids()).toHaveLength(5);
  });
});
