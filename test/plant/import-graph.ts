import { posix } from 'node:path';

/**
 * Who uses whom. A file uses another one that it imports, and one whose path stands in it as text, because
 * tests start programs and read files by their paths. Types alone are not used: they do not run.
 */
export class ImportGraph {
  readonly #users = new Map<string, Set<string>>();
  readonly #texts: ReadonlyMap<string, string>;

  /** `texts` are the files by their paths from the root, with `/`. */
  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = texts;
    for (const [file, text] of texts) {
      if (!isCode(file)) continue;
      for (const used of this.#usedBy(file, text)) {
        const users = this.#users.get(used) ?? new Set();
        this.#users.set(used, users.add(file));
      }
    }
  }

  /** The files that use one of `files` directly or through others, with the least number of steps. */
  distances(files: Iterable<string>): ReadonlyMap<string, number> {
    const steps = new Map(Array.from(files, (file) => [file, 0]));
    // A map hands out what is added while it is walked: nearest first.
    for (const [file, distance] of steps) {
      for (const user of this.#users.get(file) ?? []) if (!steps.has(user)) steps.set(user, distance + 1);
    }
    return steps;
  }

  #usedBy(file: string, text: string): ReadonlySet<string> {
    const used = new Set<string>();
    const running = text.replace(/^(?:import|export) type [^;]*? from '[^']*';/gm, '');
    for (const [, literal = ''] of running.matchAll(/['"`]([\w@./-]+\.\w+)['"`]/g)) {
      const fromHere = posix.join(posix.dirname(file), literal);
      const target = [fromHere, posix.normalize(literal)].find((name) => this.#texts.has(name));
      if (target !== undefined && target !== file) used.add(target);
    }
    return used;
  }
}

function isCode(file: string): boolean {
  return /\.(ts|mjs|cjs)$/.test(file);
}
