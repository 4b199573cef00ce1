import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Planting } from './planting.ts';
import type { Trial } from './trial.ts';

/** What the result of a trial holds for. */
export interface Conditions {
  /** Of all files of the product, and of those and all tests. */
  readonly product: string;
  readonly tests: string;
  /** Whether the simulator alone must catch it. */
  readonly simulator: boolean;
  /** How much was run. */
  readonly extent: string;
}

interface KeptTrial {
  readonly text: string;
  readonly conditions: Conditions;
  readonly trial: Trial;
}

interface KeptSeconds {
  readonly test: string;
  readonly seconds: number;
}

/**
 * Trials in a file, a JSON object a line, so that a run that was ended goes on where it was. A change is tried
 * again when it or the product has changed, and one that escaped also when a test has, or when more is run.
 * The file also keeps how long each test file takes, so that the next run begins with quick ones.
 */
export class KeptTrials {
  readonly #file: string | undefined;
  readonly #conditions: Conditions;
  readonly #trials = new Map<string, KeptTrial>();
  /** Of each test file. */
  readonly seconds = new Map<string, number>();
  readonly #keptSeconds = new Map<string, number>();

  /** undefined: nothing is kept. */
  constructor(file: string | undefined, conditions: Conditions) {
    this.#file = file;
    this.#conditions = conditions;
    if (file === undefined || !existsSync(file)) return;
    for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
      const kept = JSON.parse(line) as KeptTrial | KeptSeconds;
      if ('test' in kept) this.seconds.set(kept.test, kept.seconds);
      else if (this.#holds(kept)) this.#trials.set(kept.text, kept);
    }
    for (const [test, seconds] of this.seconds) this.#keptSeconds.set(test, seconds);
  }

  of({ text, name, area, files, breaks }: Planting): Trial | undefined {
    const trial = this.#trials.get(text)?.trial;
    return trial && { ...trial, planting: { name, area, files, breaks } };
  }

  keep({ text }: Planting, trial: Trial): void {
    const kept: KeptTrial = { text, conditions: this.#conditions, trial };
    this.#trials.set(text, kept);
    this.#append(kept);
    for (const [test, seconds] of this.seconds) {
      if (this.#keptSeconds.has(test)) continue;
      this.#keptSeconds.set(test, seconds);
      this.#append({ test, seconds });
    }
  }

  #holds({ trial, conditions: then }: KeptTrial): boolean {
    const now = this.#conditions;
    if (then.product !== now.product || then.simulator !== now.simulator) return false;
    return trial.caught !== undefined || (then.tests === now.tests && then.extent === now.extent);
  }

  #append(line: KeptTrial | KeptSeconds): void {
    if (this.#file !== undefined) appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}

const product = /^(bin|client|console|functions|lib)\/|^package(-lock)?\.json$/;
/** What is planted, and how, is no condition; pages are read by tests of their own. */
const ignored = /^test\/(plant|simulation\/defects)\/|\.md$/;

/** The state of `folder`, which has `files`. */
export function treeOf(folder: string, files: readonly string[]): Pick<Conditions, 'product' | 'tests'> {
  const digest = (counted: readonly string[]): string => {
    const hash = createHash('sha256');
    for (const file of [...counted].sort())
      hash
        .update(file)
        .update('\0')
        .update(readFileSync(join(folder, file)));
    return hash.digest('hex').slice(0, 16);
  };
  return {
    product: digest(files.filter((file) => product.test(file))),
    tests: digest(files.filter((file) => !ignored.test(file))),
  };
}
