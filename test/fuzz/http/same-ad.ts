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
  for (const [name, value] of Object.entries(asked)) {
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

/**
 * Line breaks as `\n`, instants by their time, lists without order and repetition; an absent age is null, an
 * absent list is empty.
 */
function isSame(asked: unknown, shown: unknown): boolean {
  if (Array.isArray(shown)) {
    const wanted = new Set((asked ?? []) as readonly unknown[]);
    return wanted.size === shown.length && shown.every((item) => wanted.has(item));
  }
  if (typeof asked === 'string' && typeof shown === 'string') {
    return asked.replaceAll('\r\n', '\n') === shown || instantMs(asked) === Date.parse(shown);
  }
  // Members that only some ads have are not shown when they are null.
  return asked === (shown ?? null);
}
