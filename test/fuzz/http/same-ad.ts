import { isDeepStrictEqual } from 'node:util';
import { parseJson } from './check-answer.ts';

type Members = Readonly<Record<string, unknown>>;

export interface AdChanged {
  readonly operationId: string;
  readonly body: Buffer | undefined;
  /** As seen last; undefined: not at all. */
  readonly before: unknown;
  /** As seen after it; undefined: not found. */
  readonly after: unknown;
  readonly status: number;
}

/** Members that change by themselves with every change. */
const own = ['version'];

/** Whether an accepted change is what the ad shows, and nothing else has changed; undefined: it is. */
export function adFault({ operationId, body, before, after, status }: AdChanged): string | undefined {
  if (operationId === 'deleteAd') {
    return after === undefined && status === 404 ? undefined : `a deleted ad is answered ${status}`;
  }
  if (after === undefined) return `an accepted ad is answered ${status}`;
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

/** Instants by their time, lists without order and repetition; an absent age is null, an absent list is empty. */
function isSame(asked: unknown, shown: unknown): boolean {
  if (Array.isArray(shown)) {
    const wanted = new Set((asked ?? []) as readonly unknown[]);
    return wanted.size === shown.length && shown.every((item) => wanted.has(item));
  }
  if (typeof asked === 'string' && typeof shown === 'string') {
    return asked === shown || goInstant(asked) === Date.parse(shown);
  }
  return asked === shown;
}

/** Milliseconds, of RFC 3339 or `2006-01-02 15:04:05 +0800 CST`; digits below are cut off. */
function goInstant(text: string): number {
  const [, date = '', time = '', fraction = '', zone = ''] =
    /^(\S{10})[Tt ]([\d:]{8})(\.\d+)?(?: ?([Zz]|[+-]\d\d:?\d\d))?(?: \S+)?$/.exec(text) ?? [];
  const offset = zone === '' || zone.toUpperCase() === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  return Date.parse(`${date}T${time}${fraction.slice(0, 4)}${offset}`);
}
