import type { Prng } from '../support/prng.ts';
import { faultKinds, type FaultName } from './faults.ts';
import type { Kernel } from './kernel.ts';

/** One seed in this many has no fault at all; there the promises about time must hold too. */
const calmSeedEvery = 16;

/** Somebody who asks for so few kinds wants to see them strike. */
const fewKinds = 4;

const schedulerFault: FaultName = 'schedule-call-failed';
const schedulerGoneShare = 0.3;

interface Kind {
  readonly rate: number;
  readonly prng: Prng;
  count: number;
}

/** The faults of one seed: which kinds are on, how often each strikes, and how often it has. */
export class FaultPlan {
  readonly #kernel: Kernel;
  readonly #kinds = new Map<FaultName, Kind>();
  #healed = false;
  #suspended = false;
  #schedulerGone = false;

  /**
   * `only`: nothing but these kinds strikes, and if there are few of them they are on in every seed.
   * `exactly`: the rates are drawn as ever, and then all other kinds are off.
   */
  constructor(kernel: Kernel, only?: ReadonlySet<string>, exactly?: ReadonlySet<string>) {
    this.#kernel = kernel;
    const swarm = kernel.fork('swarm');
    const calm = swarm.int(1, calmSeedEvery) === 1 && only === undefined;
    const isFew = only !== undefined && only.size <= fewKinds;
    for (const { name, rate } of faultKinds) {
      const on = (swarm.chance(0.5) && !calm) || isFew;
      const level = swarm.int(0, 1000) / 1000;
      const isWanted = only?.has(name) !== false && exactly?.has(name) !== false;
      const isOn = rate !== undefined && on && isWanted;
      const [least, most] = rate ?? [0, 0];
      // Even on a scale of powers: rare faults in deep runs are as telling as frequent ones.
      const drawn = isOn ? least * (most / least) ** level : 0;
      this.#kinds.set(name, { rate: drawn, prng: kernel.fork(`fault/${name}`), count: 0 });
    }
  }

  get calm(): boolean {
    return [...this.#kinds.values()].every(({ rate }) => rate === 0);
  }

  isOn(name: FaultName): boolean {
    return !this.quiet && this.#kind(name).rate > 0;
  }

  /** Per occasion or per minute, see faults.ts; 0: off. */
  rate(name: FaultName): number {
    return this.quiet ? 0 : this.#kind(name).rate;
  }

  /** Numbers for the details of this kind's strikes. */
  prng(name: FaultName): Prng {
    return this.#kind(name).prng;
  }

  /** Whether it strikes this time; counts if so. */
  strikes(name: FaultName): boolean {
    const kind = this.#kind(name);
    if (name === schedulerFault && this.#schedulerGone) {
      this.count(name);
      return true;
    }
    if (this.quiet) return false;
    if (kind.rate === 0 || !kind.prng.chance(kind.rate)) return false;
    this.count(name);
    return true;
  }

  /** For kinds whose strikes somebody else decides. */
  count(name: FaultName): void {
    this.#kind(name).count += 1;
    this.#kernel.tell(`fault ${name}`);
  }

  /** From now on nothing strikes, but the Scheduler may stay away for good: no promise needs it. */
  heal(): void {
    this.#healed = true;
    const { rate, prng } = this.#kind(schedulerFault);
    this.#schedulerGone = rate > 0 && prng.chance(schedulerGoneShare);
  }

  /** For a while nothing strikes. */
  suspend(): void {
    this.#suspended = true;
  }

  resume(): void {
    this.#suspended = false;
  }

  get quiet(): boolean {
    return this.#healed || this.#suspended;
  }

  get healed(): boolean {
    return this.#healed;
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(Array.from(this.#kinds, ([name, { count }]) => [name, count]));
  }

  get rates(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.#kinds].filter(([, { rate }]) => rate > 0).map(([name, { rate }]) => [name, rate]),
    );
  }

  #kind(name: FaultName): Kind {
    const kind = this.#kinds.get(name);
    if (kind === undefined) throw new RangeError(`no fault ${name}`);
    return kind;
  }
}
