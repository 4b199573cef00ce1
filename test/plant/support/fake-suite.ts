import type { Planting } from '../planting.ts';
import type { Copy, Finding, Suite, SuiteRun } from '../suite.ts';

export function plantingNamed(name: string, files: readonly string[] = [`lib/${name}.ts`]): Planting {
  return {
    name,
    area: 'area',
    files,
    breaks: '',
    text: name,
    ...{ withGoals: false, seedsMax: Infinity },
    plant: () => undefined,
  };
}

/** A copy that only remembers what is planted in it. */
export class FakeCopy implements Copy {
  readonly folder = 'nowhere';
  planted: readonly string[] = [];

  plant(plantings: readonly Planting[]): () => void {
    if (this.planted.length > 0) throw new Error(`${this.planted.join()} must be taken out first`);
    this.planted = plantings.map(({ name }) => name);
    return () => {
      this.planted = [];
    };
  }
}

export interface FakeSuiteOptions {
  readonly name?: string;
  /** The checks that each planting can make fail. */
  readonly checks: Readonly<Record<string, readonly string[]>>;
  /** The plantings that make a check fail; 'nothing' means that it always fails. */
  readonly failing: Readonly<Record<string, readonly string[]>>;
  /** The suite ends with its first failure, as the simulator does, even if it is not asked to. */
  readonly endsAtFailure?: boolean;
}

/** A suite whose checks fail as they are told, and which notes each run as `planted: checks`. */
export class FakeSuite implements Suite {
  readonly name: string;
  readonly runs: string[] = [];
  readonly #options: FakeSuiteOptions;

  constructor(options: FakeSuiteOptions) {
    this.#options = options;
    this.name = options.name ?? 'suite';
  }

  checksOf({ name }: Planting): readonly string[] {
    return this.#options.checks[name] ?? [];
  }

  run(copy: FakeCopy, checks: readonly string[], { bail }: { readonly bail: boolean }): Promise<SuiteRun> {
    this.runs.push(`${copy.planted.join('+') || 'nothing'}: ${checks.join(' ')}`);
    const findings: Finding[] = [];
    for (const [i, check] of checks.entries()) {
      const failing = this.#options.failing[check] ?? [];
      if (!failing.some((name) => name === 'nothing' || copy.planted.includes(name))) continue;
      findings.push({ checks: [check], by: `${check} fails` });
      if (bail || this.#options.endsAtFailure === true)
        return Promise.resolve({ findings, unrun: checks.slice(i + 1) });
    }
    return Promise.resolve({ findings, unrun: [] });
  }
}
