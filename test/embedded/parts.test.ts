import { beforeEach, describe, expect, it } from '@jest/globals';
import { startParts, type Part } from '../../lib/embedded/parts.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';

let steps: string[];

beforeEach(() => {
  steps = [];
});

/** Notes its start and stop. `failing`: which of them rejects. */
function part(name: string, failing?: 'start' | 'stop'): Part {
  const step = (what: 'start' | 'stop') => async (): Promise<void> => {
    await Promise.resolve();
    steps.push(`${what} ${name}`);
    if (failing === what) throw new Error(`${name} failed`);
  };
  return { name, start: step('start'), stop: step('stop') };
}

describe('parts', () => {
  it('start in order and stop in reverse', async () => {
    const parts = await startParts(createRecordingTelemetry(), async (parts) => {
      await parts.start(part('a'));
      const opened = await parts.open(
        'b',
        () => Promise.resolve('what b opened'),
        (value) => steps.push(`close ${value}`),
      );
      steps.push(`use ${opened}`);
      await parts.start(part('c'));
      return parts;
    });
    expect(steps).toEqual(['start a', 'use what b opened', 'start c']);
    steps = [];
    await parts.stop();
    expect(steps).toEqual(['stop c', 'close what b opened', 'stop a']);
  });

  it('that fail to start stop those before them, and reject', async () => {
    const starting = startParts(createRecordingTelemetry(), async (parts) => {
      await parts.start(part('a'));
      await parts.start(part('b'), part('c', 'start'), part('d'));
    });
    await expect(starting).rejects.toThrow('c failed');
    expect(steps).toEqual(['start a', 'start b', 'start c', 'stop b', 'stop a']);
  });

  it('that fail to open stop those before them, and reject', async () => {
    const starting = startParts(createRecordingTelemetry(), async (parts) => {
      await parts.start(part('a'));
      await parts.open(
        'b',
        () => Promise.reject(new Error('b failed')),
        () => steps.push('close b'),
      );
    });
    await expect(starting).rejects.toThrow('b failed');
    expect(steps).toEqual(['start a', 'stop a']);
  });

  it('stop when what starts them throws between two of them', async () => {
    const starting = startParts(createRecordingTelemetry(), async (parts) => {
      await parts.start(part('a'));
      throw new RangeError('settings');
    });
    await expect(starting).rejects.toThrow(RangeError);
    expect(steps).toEqual(['start a', 'stop a']);
  });

  it('stop although one of them fails to, which is logged', async () => {
    const telemetry = createRecordingTelemetry();
    const parts = await startParts(telemetry, async (parts) => {
      await parts.start(part('a'));
      await parts.start(part('b'), part('c', 'stop'));
      await parts.start(part('d', 'stop'));
      return parts;
    });
    steps = [];
    await parts.stop();
    expect(steps).toEqual(['stop d', 'stop b', 'stop c', 'stop a']);
    expect(telemetry.lines.map(({ message, fields }) => [message, fields['name']])).toEqual([
      ['a part did not stop', 'd'],
      ['a part did not stop', 'c'],
    ]);
  });

  it('that start together stop side by side', async () => {
    const waits = Promise.withResolvers<undefined>();
    const slow: Part = { ...part('slow'), stop: () => waits.promise };
    const parts = await startParts(createRecordingTelemetry(), async (parts) => {
      await parts.start(part('a'));
      await parts.start(slow, part('quick'));
      return parts;
    });
    steps = [];
    const stopping = parts.stop();
    await new Promise(setImmediate);
    expect(steps).toEqual(['stop quick']);
    waits.resolve(undefined);
    await stopping;
    expect(steps).toEqual(['stop quick', 'stop a']);
  });

  it('stop once, however often they are told to', async () => {
    const parts = await startParts(createRecordingTelemetry(), async (parts) => {
      await parts.start(part('a'));
      return parts;
    });
    await Promise.all([parts.stop(), parts.stop()]);
    await parts.stop();
    expect(steps).toEqual(['start a', 'stop a']);
  });
});
