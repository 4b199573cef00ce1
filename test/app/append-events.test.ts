import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { appendEvents } from '../../lib/app/append-events.ts';
import type { AppendResult, EventLog, LogEntry } from '../../lib/ports/event-log.ts';
import { metrics } from '../../lib/ports/telemetry.ts';
import { runs } from '../core/runs.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

/** What the log says to each try of an entry; the last answer is for all further tries. */
type Answers = readonly ('appended' | 'refused' | 'unknown')[];

/** A log with one script for each entry, and everything that was asked of it. */
function build(scripts: readonly Answers[], random = 1) {
  const clock = createVirtualClock({ autoAdvance: true });
  const telemetry = createRecordingTelemetry();
  const tries = scripts.map(() => 0);
  const calls: { readonly atMs: number; readonly indexes: readonly number[] }[] = [];
  const log: EventLog = {
    ...{ stream: 'increments', epoch: '1', hashPosition: () => 0 },
    append: (entries) => {
      const indexes = entries.map(({ partitionKey }) => Number(partitionKey));
      calls.push({ atMs: clock.monotonicMs(), indexes });
      return Promise.resolve(
        indexes.map((index): AppendResult => {
          const script = scripts[index] ?? [];
          const answer = script[Math.min(tries[index]!, script.length - 1)] ?? 'appended';
          tries[index]! += 1;
          return answer === 'appended'
            ? { status: 'appended', shardId: 's', sequenceNumber: `${index}` }
            : { status: answer, reason: 'of the test' };
        }),
      );
    },
  };
  const refused: number[] = [];
  const entries = scripts.map((_, i): LogEntry => ({ partitionKey: `${i}`, data: new Uint8Array() }));
  const ids = { random: () => random, nonce: () => '', uuidv7: () => '' };
  const append = (repeatable: boolean) =>
    appendEvents({ log, clock, ids, telemetry }, entries, {
      repeatable,
      onRefused: (partitionKey) => refused.push(Number(partitionKey)),
    });
  return { append, calls, telemetry, refused };
}

/** A client waits: at most three retries, after at most these pauses. */
const triesAtMs = [0, 50, 150, 350];

/** What becomes of one entry, alone. */
function predicted(script: Answers, repeatable: boolean) {
  let ambiguous = false;
  let tries = 0;
  const said = { refused: 0, unknown: 0 };
  while (tries < triesAtMs.length) {
    const answer = script[Math.min(tries, script.length - 1)] ?? 'appended';
    tries += 1;
    if (answer === 'appended') return { tries, said, result: 'appended' };
    said[answer] += 1;
    if (answer === 'unknown') ambiguous = true;
    if (answer === 'unknown' && !repeatable) break;
  }
  return { tries, said, result: ambiguous ? 'ambiguous' : 'failed' };
}

const answers: fc.Arbitrary<Answers> = fc.array(
  fc.constantFrom('appended', 'refused', 'refused', 'unknown'),
  { minLength: 1, maxLength: 5 },
);

describe('entries of a log that takes some and not others', () => {
  it('are each sent again only as is safe and a few times, and end as their own answers say', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(answers, { maxLength: 12 }), fc.boolean(), async (scripts, repeatable) => {
        const { append, calls, telemetry, refused } = build(scripts);
        const results = await append(repeatable);
        const expected = scripts.map((script) => predicted(script, repeatable));
        expect(
          results.map((result, i) => {
            if (result.status === 'failed') return result.ambiguous ? 'ambiguous' : 'failed';
            return result.sequenceNumber === `${i}` ? 'appended' : 'the result of another';
          }),
        ).toEqual(expected.map(({ result }) => result));
        // In each call those that are still open, in their order.
        const most = Math.max(0, ...expected.map(({ tries }) => tries));
        expect(calls).toEqual(
          triesAtMs.slice(0, most).map((atMs, call) => ({
            atMs,
            indexes: scripts.flatMap((_, i) => ((expected[i]?.tries ?? 0) > call ? [i] : [])),
          })),
        );
        expect(refused.toSorted((a, b) => a - b)).toEqual(
          expected.flatMap(({ said }, i) => Array.from({ length: said.refused }, () => i)),
        );
        const sum = (kind: 'refused' | 'unknown'): number =>
          expected.reduce((all, { said }) => all + said[kind], 0);
        expect([telemetry.total(metrics.appendRefused), telemetry.total(metrics.appendUnknown)]).toEqual([
          sum('refused'),
          sum('unknown'),
        ]);
      }),
      runs(100),
    );
  });

  it('are sent 500 at a time, whatever their number, and again the same way', async () => {
    for (const count of [1, 499, 500, 501, 1000, 1001]) {
      const { append, calls } = build(Array.from({ length: count }, () => ['refused', 'appended']));
      const results = await append(false);
      expect(results.every(({ status }) => status === 'appended')).toBe(true);
      const sizes = [500, 500, 500]
        .map((size, i) => Math.min(size, count - i * 500))
        .filter((size) => size > 0);
      expect(calls.map(({ indexes }) => indexes.length)).toEqual([...sizes, ...sizes]);
      const all = Array.from({ length: count }, (_, i) => i);
      expect(calls.flatMap(({ indexes }) => indexes)).toEqual([...all, ...all]);
    }
  });

  it('wait for a part of the pause, as the draw says', async () => {
    const { append, calls } = build([['refused']], 0.5);
    await append(false);
    expect(calls.map(({ atMs }) => atMs)).toEqual([0, 25, 75, 175]);
  });
});
