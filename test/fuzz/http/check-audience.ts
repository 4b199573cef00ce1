import type { Answer } from './answer-parser.ts';
import { parseJson } from './check-answer.ts';

interface Ad {
  readonly id: string;
  readonly age_start: number | null;
  readonly age_end: number | null;
  readonly gender: readonly string[];
  readonly country: readonly string[];
  readonly platform: readonly string[];
  readonly status?: string;
}

/** Which ad of a page its audience should not have got; undefined: none. */
export function audienceFault(target: string, { status, body }: Answer): string | undefined {
  const { pathname, searchParams } = new URL(target, 'http://localhost');
  if (pathname !== '/api/v1/ad' || status !== 200) return undefined;
  const { ads } = (parseJson(body)?.value ?? { ads: [] }) as { readonly ads: readonly Ad[] };
  const paused = ads.find(({ status }) => status === 'paused');
  if (paused !== undefined) return `ad ${paused.id} is shown, and it is paused`;
  for (const name of ['age', 'gender', 'country', 'platform'] as const) {
    const asked = searchParams.get(name);
    if (asked === null) continue;
    const wrong = ads.find((ad) => !(name === 'age' ? isAge(ad, asked) : isListed(ad[name], asked)));
    if (wrong !== undefined) return `ad ${wrong.id} is shown for ${name}=${asked}`;
  }
  return undefined;
}

function isAge({ age_start: from, age_end: to }: Ad, asked: string): boolean {
  if (asked === 'unknown') return from === null && to === null;
  return Number(asked) >= (from ?? 0) && Number(asked) <= (to ?? Infinity);
}

function isListed(targets: readonly string[], asked: string): boolean {
  return targets.length === 0 || targets.includes(asked);
}
