import { describe, expect, it } from '@jest/globals';
import { sampledTraceId, TracedEvents, traceIdOf } from '../../lib/app/trace.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = (flags: string): string => `00-${traceId}-00f067aa0ba902b7-${flags}`;

describe('a traceparent', () => {
  it.each([
    ...['01', '03', '05', '07', '09', '0b', '0d', '0f', 'f1', 'ff'].map((flags) => [parent(flags), traceId]),
    ...['00', '02', '04', '06', '08', '0a', '0c', '0e', 'f0', 'fe'].map((flags) => [
      parent(flags),
      undefined,
    ]),
    [`cc-${traceId}-00f067aa0ba902b7-01`, traceId],
    [`00-${traceId}-00f067aa0ba902b-01`, undefined],
    [`00-${traceId.slice(1)}-00f067aa0ba902b7-01`, undefined],
    [`0-${traceId}-00f067aa0ba902b7-01`, undefined],
    [parent('1'), undefined],
    [parent('01').toUpperCase(), undefined],
    [`${parent('01')}-more`, undefined],
    [` ${parent('01')}`, undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s is sampled with the trace %s', (text, found) => {
    expect(sampledTraceId(text)).toBe(found);
  });

  it('names its trace, sampled or not', () => {
    expect([traceIdOf(parent('00')), traceIdOf(parent('01')), traceIdOf(undefined)]).toEqual([
      ...[traceId, traceId, undefined],
    ]);
  });
});

describe('the traced events of a batch', () => {
  const event = (i: number, flags = '01') => ({ id: `e${i}`, traceparent: parent(flags) });

  it('are told once they are settled, and not those that are left', () => {
    const log = createRecordingTelemetry();
    const events = new TracedEvents();
    for (let i = 0; i < 5; i += 1) events.note(event(i, i === 1 ? '00' : '01'), String(i));
    events.tell(log, 'settled', [{ sequenceNumber: '3' }, { sequenceNumber: '9' }]);
    expect(log.lines).toEqual(
      [0, 2, 4].map((i) => ({
        ...{ level: 'info', message: 'settled' },
        fields: { trace_id: traceId, event: `e${i}`, sequenceNumber: String(i) },
      })),
    );
  });

  it('are a hundred at most, those that are not sampled aside', () => {
    const log = createRecordingTelemetry();
    const events = new TracedEvents();
    for (let i = 0; i < 150; i += 1) events.note(event(i, '00'), String(i));
    for (let i = 0; i < 150; i += 1) events.note(event(i), String(i));
    events.tell(log, 'settled', []);
    expect(log.lines.map(({ fields }) => fields['event'])).toEqual(
      Array.from({ length: 100 }, (_, i) => `e${i}`),
    );
  });
});
