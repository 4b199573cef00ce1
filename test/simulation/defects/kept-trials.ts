import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Defect } from './defect.ts';
import type { Trial } from './table.ts';

type Told = Pick<Trial, 'hunt' | 'kinds'>;

/**
 * Trials in a file, a JSON object a line, so that a run of half an hour that was ended goes on where it was.
 * A defect that has been written anew since is tried again; that the product has changed nobody notices but
 * who runs it.
 */
export class KeptTrials {
  readonly #file: string | undefined;
  readonly #told = new Map<string, Told>();

  /** undefined: nothing is kept. */
  constructor(file: string | undefined) {
    this.#file = file;
    if (file === undefined || !existsSync(file)) return;
    for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
      const { defect, ...told } = JSON.parse(line) as Trial;
      this.#told.set(textOf(defect), told);
    }
  }

  of(defect: Defect): Trial | undefined {
    const told = this.#told.get(textOf(defect));
    return told && { defect, ...told };
  }

  keep(trial: Trial): void {
    if (this.#file !== undefined) appendFileSync(this.#file, `${JSON.stringify(trial)}\n`);
  }
}

function textOf({ name, file, find, replace }: Defect): string {
  return JSON.stringify([name, file, find, replace]);
}
