import type { Prng } from '../../support/prng.ts';
import { drawKey, drawUniqueValue, drawValue } from './counter-keys.ts';

export interface Increment {
  readonly key: string;
  readonly value: number;
}

/** What a client wants to have counted; sent once, or with a key as often as it takes. */
export interface IncrementOperation {
  /**
   * 32 hex digits, in each request's trace context: by it the auditor knows what an event of the log comes
   * from.
   */
  readonly id: string;
  readonly target: string;
  readonly body: string;
  readonly increments: readonly Increment[];
  readonly idempotencyKey: string | undefined;
  /** Asks for a token per key. */
  readonly representation: boolean;
}

const batchEntriesMax = 500;

export function drawOperation(prng: Prng, options: { readonly longKeys: boolean }): IncrementOperation {
  const keyed = options.longKeys || prng.chance(0.55);
  const common = {
    id: hex(prng, 4),
    idempotencyKey: keyed ? `key-${hex(prng, 2)}` : undefined,
    representation: options.longKeys || prng.chance(0.3),
  };
  const kind = prng.int(1, 10);
  if (options.longKeys || kind >= 8) {
    const increments = options.longKeys ? longKeyed(prng) : drawBatch(prng);
    return { ...common, target: '/api/v1/increments', body: JSON.stringify({ increments }), increments };
  }
  if (kind <= 2) {
    const increment = { key: drawKey(prng), value: drawUniqueValue(prng) };
    const target = '/increment?mode=sync';
    return { ...common, target, body: JSON.stringify(increment), increments: [increment] };
  }
  const increment = { key: drawKey(prng), value: drawValue(prng) };
  return { ...common, target: '/increment', body: JSON.stringify(increment), increments: [increment] };
}

/** Mostly a handful, at times as many as there may be, and some of those all for one counter. */
function drawBatch(prng: Prng): readonly Increment[] {
  const isLarge = prng.chance(0.05);
  const count = isLarge ? prng.int(100, batchEntriesMax) : prng.int(1, 20);
  const only = isLarge && prng.chance(0.3) ? drawKey(prng) : undefined;
  return Array.from({ length: count }, () => ({ key: only ?? drawKey(prng), value: drawValue(prng) }));
}

/** Just under the limit of a body; an answer with a token of each would not fit an item. */
function longKeyed(prng: Prng): readonly Increment[] {
  const stem = `long-${prng.int(0, 2)}-${'𝒳'.repeat(110)}`;
  return Array.from({ length: batchEntriesMax }, (_, i) => ({ key: `${stem}-${i}`, value: 1 }));
}

/** What no sound client asks: one thing wrong with a body, or with one of several increments. */
export function drawUnsound(prng: Prng): { readonly target: string; readonly body: string } {
  const sound = { key: drawKey(prng), value: drawValue(prng) };
  const unsound = prng.pick<unknown>([
    ...[0, -1, 1.5, 2 ** 53, '7', null].map((value) => ({ ...sound, value })),
    ...['', 'k'.repeat(257), 'line\nbreak', 7].map((key) => ({ ...sound, key })),
    { ...sound, colour: 'red' },
    { value: sound.value },
    { key: sound.key },
    'not an increment',
    [],
  ]);
  if (prng.chance(0.5)) return { target: '/increment', body: JSON.stringify(unsound) };
  const increments = prng.pick<unknown>([
    [sound, unsound],
    [],
    Array.from({ length: batchEntriesMax + 1 }, () => sound),
  ]);
  return { target: '/api/v1/increments', body: JSON.stringify({ increments }) };
}

export function hex(prng: Prng, words: number): string {
  return Array.from({ length: words }, () => prng.uint32().toString(16).padStart(8, '0')).join('');
}
