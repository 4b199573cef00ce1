import type { Prng } from '../../support/prng.ts';

/** What the clients of the ads API share, so that they use the same ads. */
export interface AdNotebook {
  readonly ads: string[];
  /** Entity tags of ads by id, as last seen. */
  readonly versions: Map<string, string>;
  readonly tokens: string[];
  /** Entity tags of queries by target. */
  readonly tags: Map<string, string>;
  readonly usedKeys: string[];
  /** Whether the editors of this seed write large ads; the first of them decides. */
  hasLarge?: boolean;
}

const notesMax = 40;

export function createAdNotebook(): AdNotebook {
  return { ads: [], versions: new Map(), tokens: [], tags: new Map(), usedKeys: [] };
}

/** The oldest notes make room. */
export function note(list: string[], text: string | undefined): void {
  if (text === undefined) return;
  list.push(text);
  list.splice(0, list.length - notesMax);
}

export function noteIn(map: Map<string, string>, name: string, text: string | undefined): void {
  if (text === undefined) return;
  map.delete(name);
  map.set(name, text);
  const [oldest] = map.keys();
  if (map.size > notesMax && oldest !== undefined) map.delete(oldest);
}

export function pickNote(prng: Prng, list: readonly string[]): string | undefined {
  return list.length === 0 ? undefined : prng.pick(list);
}
