import { isDeepStrictEqual } from 'node:util';
import { parseJson } from './check-answer.ts';
import { instantMs } from './instant.ts';

type Members = Readonly<Record<string, unknown>>;

export interface AdChanged {
  readonly operationId: string;
  readonly body: Buffer | undefined;
  /** As seen last; undefined: not at all. */
  readonly before: unknown;
  /** As seen after it; undefined: not found. */
  readonly after: unknown;
  readonly status: number;
  /** An import may have changed it meanwhile. */
  readonly isImported: boolean;
}

/** Members that change by themselves with every change. */
const own = ['version'];

/** Whether an accepted change is what the ad shows, and nothing else has changed; undefined: it is. */
export function adFault({
  operationId,
  body,
  before,
  after,
  status,
  isImported,
}: AdChanged): string | undefined {
  if (operationId === 'deleteAd') {
    return after === undefined && status === 404 ? undefined : `a deleted ad is answered ${status}`;
  }
  if (after === undefined) return `an accepted ad is answered ${status}`;
  if (isImported) return undefined;
  const shown = after as Members;
  const asked = parseJson(body ?? Buffer.alloc(0))?.value as Members;
  const { metadata } = asked;
  // A change merges them with what is there, which must have been seen.
  const isMerged = operationId === 'updateAd' && isObject(metadata);
  const merged = isMerged ? mergeInto((before as Members | undefined)?.['metadata'], metadata) : metadata;
  if (
    isObject(merged) &&
    !(isMerged && before === undefined) &&
    !isDeepStrictEqual(merged, shown['metadata'])
  )
    return `metadata were accepted as ${JSON.stringify(metadata)} and are ${JSON.stringify(shown['metadata'])}`;
  for (const [name, value] of Object.entries(asked)) {
    if (name === 'metadata' && isObject(value)) continue;
    if (!isSame(value, shown[name])) {
      return `${name} was accepted as ${JSON.stringify(value)} and is ${JSON.stringify(shown[name])}`;
    }
  }
  if (operationId === 'createAd' || before === undefined) return undefined;
  for (const [name, value] of Object.entries(before as Members)) {
    if (name in asked || own.includes(name)) continue;
    if (!isDeepStrictEqual(value, shown[name])) return `${name} changed, and nobody asked for that`;
  }
  return undefined;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}

function mergeInto(before: unknown, patch: Members): Members {
  const all = Object.entries({ ...(isObject(before) ? before : {}), ...patch });
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}

/**
 * Line breaks as `\n`, URLs in their normal form, instants by their time, lists without order and repetition; an absent age is null, an
 * absent list is empty.
 */
function isSame(asked: unknown, shown: unknown): boolean {
  if (Array.isArray(shown)) {
    const wanted = new Set((asked ?? []) as readonly unknown[]);
    return wanted.size === shown.length && shown.every((item) => wanted.has(item));
  }
  if (typeof asked === 'string' && typeof shown === 'string') {
    if (shown.startsWith('https://') && URL.canParse(asked) && new URL(asked).href === shown) return true;
    return asked.replaceAll('\r\n', '\n') === shown || instantMs(asked) === Date.parse(shown);
  }
  if (isObject(asked) && isObject(shown)) return isDeepStrictEqual(asked, shown);
  // Members that only some ads have are not shown when they are null.
  return asked === (shown ?? null);
}
