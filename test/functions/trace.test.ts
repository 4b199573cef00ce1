import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import { batchOf, createCounterWorld, increment, logRecords } from '../support/counter-world.ts';
import { faultyPorts } from '../support/faulty-ports.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';
import { newAdBody } from '../support/new-ad-body.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const sampled = `00-${traceId}-00f067aa0ba902b7-01`;
const unsampled = `00-${traceId}-00f067aa0ba902b7-00`;

/** The lines that name the trace, in order. */
function lines(world: Pick<HttpWorld, 'telemetry'>): Record<string, unknown>[] {
  return world.telemetry.lines
    .filter(({ fields }) => fields['trace_id'] === traceId)
    .map(({ message, fields }) => ({ message, ...fields }));
}

describe('a request that brings a sampled trace', () => {
  it('is followed from its answer to the total it was added to', async () => {
    const world = createHttpWorld();
    world.startConsumers();
    const reply = await world.post('/increment', { key: 'a', value: 1 }, { traceparent: sampled });
    expect(reply.headers['Traceparent']).toBe(sampled);
    await world.get('/increment/a', { 'consistency-token': reply.headers['Consistency-Token'] ?? '' });
    expect(lines(world)).toEqual([
      expect.objectContaining({ message: 'answered a request', resource: '/increment', status: 202 }),
      {
        message: 'settled an increment',
        trace_id: traceId,
        event: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
        sequenceNumber: expect.stringMatching(/^\d+$/) as unknown,
      },
    ]);
  });

  it('is followed from its answer to the version it made, or the reason why it made none', async () => {
    const world = createHttpWorld();
    world.startConsumers();
    const wait = { prefer: 'wait=5', traceparent: sampled };
    const created = await world.post('/api/v1/ad', newAdBody(world.clock.nowMs()), wait);
    expect(created.status).toBe(201);
    const path = `/api/v1/ad/${(created.json as { id: string }).id}`;
    const refused = await world.patch(path, { title: 'another title' }, { ...wait, 'if-match': '"7"' });
    expect(refused.status).toBe(412);
    expect(lines(world)).toEqual([
      expect.objectContaining({ message: 'settled an ad event', outcome: 'applied', version: 1 }),
      expect.objectContaining({ message: 'answered a request', status: 201 }),
      expect.objectContaining({ message: 'answered a request', resource: '/api/v1/ad/{id}', status: 412 }),
    ]);
  });

  it('writes the line of an event only once it is settled', async () => {
    const world = createCounterWorld();
    const broken = createAggregator({ ...world.ports, ...faultyPorts(world.ports, () => 'refuse') });
    const records = logRecords([increment('a', 1, { traceparent: sampled })]);
    await broken.aggregate(batchOf(records));
    expect(lines(world)).toEqual([]);
    await createAggregator(world.ports).aggregate(batchOf(records));
    expect(lines(world)).toHaveLength(1);
  });

  it('writes a hundred lines of a batch and no more', async () => {
    const world = createCounterWorld();
    const many = Array.from({ length: 150 }, (_, i) => increment(`k${i}`, 1, { traceparent: sampled }));
    await createAggregator(world.ports).aggregate(batchOf(logRecords(many)));
    expect(lines(world)).toHaveLength(100);
  });
});

describe('a trace that nobody wants recorded', () => {
  it('comes back in the answer, goes along the log and writes no line', async () => {
    const world = createHttpWorld();
    world.startConsumers();
    const reply = await world.post('/increment', { key: 'a', value: 1 }, { traceparent: unsampled });
    expect(reply.headers['Traceparent']).toBe(unsampled);
    expect(lines(world)).toEqual([]);
  });

  it.each([
    '',
    'x',
    `ff-${traceId}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${traceId}-0000000000000000-01`,
    `00-${traceId.toUpperCase()}-00f067aa0ba902b7-01`,
    `${sampled}\r\nX: y`,
  ])('is ignored when it is malformed: %j', async (traceparent) => {
    const world = createHttpWorld();
    const reply = await world.post('/increment', { key: 'a', value: 1 }, { traceparent });
    expect(reply.status).toBe(202);
    expect(reply.headers).not.toHaveProperty('Traceparent');
    expect(world.telemetry.lines).toEqual([]);
  });
});
