import * as z from 'zod';
import { isCounterKey } from '../../core/counters/counter-key.ts';
import { lanesMax } from '../../core/counters/hot/lanes.ts';
import { spreadKeyLengthMax } from '../counters/hot/key-spreader.ts';

/** Pinned keys of one content: about 80 KB of keys at most, far below an item's 400 KB. */
export const hotKeysMax = 100;

const keptDaysMax = 3650;
const burstMax = 1_000_000;

function whole(min: number, max: number): z.ZodType<number> {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

const days = whole(1, keptDaysMax).exactOptional();
const shareError = 'must be a number from 0 to 1';
const hotKeysError = `must be a list of ${hotKeysMax} keys at most`;

const hotKeyError = `must be a counter key of 1 to ${spreadKeyLengthMax} characters without control characters`;
const hotKey = z.strictObject(
  {
    key: z
      .string({ error: hotKeyError })
      .refine((key) => isCounterKey(key) && key.length <= spreadKeyLengthMax, { error: hotKeyError }),
    lanes: whole(2, lanesMax),
  },
  { error: 'must have a key and its lanes, and nothing else' },
);

/**
 * What an operator may change while a stage runs. An absent field is as deployed (lib/stages.ts). A field that
 * this version does not know makes the whole content unreadable: half of a change must not take effect.
 */
const contentSchema = z.strictObject({
  /** Calls of each token: `per_second` on average, `burst` at once. */
  rate: z
    .strictObject(
      { per_second: whole(1, burstMax), burst: whole(1, burstMax) },
      { error: 'must have per_second and burst, and nothing else' },
    )
    .exactOptional(),
  /** Beyond these, creating an ad is answered 507. 0: no ad is created. */
  live_ads_max: whole(0, Number.MAX_SAFE_INTEGER).exactOptional(),
  live_ad_bytes_max: whole(0, Number.MAX_SAFE_INTEGER).exactOptional(),
  /** Counters that have their lanes from the first record on. */
  hot_keys: z
    .array(hotKey, { error: hotKeysError })
    .max(hotKeysMax, { error: hotKeysError })
    .refine((list) => new Set(list.map(({ key }) => key)).size === list.length, {
      error: 'must name each key once',
    })
    .exactOptional(),
  /** Days for which the buckets of each level are kept; a level that is absent is not kept. */
  series: z
    .strictObject(
      { minute: days, hour: days, day: days },
      { error: 'must have levels out of minute, hour and day, each with its days' },
    )
    .exactOptional(),
  /** The share of requests whose spans are exported. */
  trace_share: z
    .number({ error: shareError })
    .min(0, { error: shareError })
    .max(1, { error: shareError })
    .exactOptional(),
});

export type ControlContent = Readonly<z.infer<typeof contentSchema>>;
export type ControlField = keyof ControlContent;

export const controlFields = Object.keys(contentSchema.shape) as readonly ControlField[];

/** Everything is as deployed. */
export const nothingChanged: ControlContent = {};

export type ParsedControl =
  | { readonly status: 'ok'; readonly content: ControlContent }
  /** `faults`: `field: what it must be`, without any value, because keys are user data. */
  | { readonly status: 'invalid'; readonly faults: readonly string[] };

export function parseControl(value: unknown): ParsedControl {
  const parsed = contentSchema.safeParse(value);
  if (parsed.success) return { status: 'ok', content: parsed.data };
  const faults = parsed.error.issues.map((issue) => {
    const unknown = issue.code === 'unrecognized_keys' && issue.path.length === 0;
    const message = unknown ? 'has a field that this version does not know' : issue.message;
    return `${issue.path.join('.') || 'the content'}: ${message}`;
  });
  return { status: 'invalid', faults };
}

/** The stored form. Equal contents have equal texts, in whatever order their fields were set. */
export function controlText(content: ControlContent): string {
  const fields = controlFields.flatMap((field) =>
    content[field] === undefined ? [] : [[field, content[field]] as const],
  );
  return JSON.stringify(Object.fromEntries(fields));
}

/** Reads the stored form. */
export function parseControlText(text: unknown): ParsedControl {
  try {
    return parseControl(JSON.parse(String(text)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { status: 'invalid', faults: ['the content: must be JSON'] };
  }
}
