import type { Copy, Suite } from './suite.ts';

/**
 * Runs checks that failed once more with nothing planted. Those that fail then too (a busy machine, a missing
 * tool) say nothing about a defect. Nothing is asked twice.
 */
export class Soundness {
  readonly #asked = new Map<string, Promise<boolean>>();
  /** Checks that fail with nothing planted. */
  readonly unsound = new Set<string>();

  /** `copy` has nothing planted at this moment. */
  isSound(copy: Copy, suite: Suite, checks: readonly string[]): Promise<boolean> {
    const key = [suite.name, ...checks].join(' ');
    const known = this.#asked.get(key) ?? this.#ask(copy, suite, checks);
    this.#asked.set(key, known);
    return known;
  }

  async #ask(copy: Copy, suite: Suite, checks: readonly string[]): Promise<boolean> {
    const { findings } = await suite.run(copy, checks, { bail: true });
    for (const { by } of findings) this.unsound.add(by);
    return findings.length === 0;
  }
}
