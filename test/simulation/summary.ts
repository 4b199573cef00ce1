import { faultKinds } from './faults.ts';
import type { SeedReport } from './seed-report.ts';

/** The sums over many seeds. */
export class Summary {
  seeds = 0;
  failed = 0;
  requests = 0;
  increments = 0;
  adEvents = 0;
  simulatedMs = 0;
  steps = 0;
  readonly faults = new Map<string, number>();
  readonly facts = new Map<string, number>();

  add(report: SeedReport): void {
    this.seeds += 1;
    if (!report.ok) this.failed += 1;
    this.requests += report.requests;
    this.increments += report.incrementsChecked;
    this.adEvents += report.adEventsChecked;
    this.simulatedMs += report.simulatedMs;
    this.steps += report.steps;
    for (const [name, count] of Object.entries(report.faults)) {
      this.faults.set(name, (this.faults.get(name) ?? 0) + count);
    }
    for (const [name, count] of Object.entries(report.facts)) {
      this.facts.set(name, (this.facts.get(name) ?? 0) + count);
    }
  }

  /** `processorMs`: time of cores that it took, in all; `wallMs`: time that passed. */
  text({ processorMs, wallMs }: { readonly processorMs: number; readonly wallMs: number }): string {
    const perCoreSecond = Math.round(this.simulatedMs / Math.max(1, processorMs));
    const rows: [string, string | number][] = [
      ['seeds', `${this.seeds}, ${this.failed} failed`],
      ['simulated', `${(this.simulatedMs / 3_600_000).toFixed(1)} h, ${perCoreSecond} s per core-second`],
      [
        'processor',
        `${(processorMs / 1000).toFixed(1)} s, ${(processorMs / Math.max(1, this.seeds)).toFixed(0)} ms a seed`,
      ],
      ['took', `${(wallMs / 1000).toFixed(1)} s`],
      ['steps', this.steps],
      ['requests', this.requests],
      ['increments checked', this.increments],
      ['ad events checked', this.adEvents],
    ];
    for (const [name, count] of this.facts) rows.push([`  ${name}`, count]);
    rows.push(['faults', [...this.faults.values()].reduce((sum, count) => sum + count, 0)]);
    for (const { number, name, rate } of faultKinds) {
      const count = this.faults.get(name) ?? 0;
      rows.push([`  ${String(number).padStart(2)} ${name}`, rate === undefined ? 'cannot happen' : count]);
    }
    return rows.map(([name, value]) => `${name.padEnd(32)}${value}`).join('\n');
  }

  toJSON(): object {
    const { seeds, failed, requests, increments, adEvents, simulatedMs, steps } = this;
    const counts = { seeds, failed, requests, increments, adEvents, simulatedMs, steps };
    return { ...counts, faults: Object.fromEntries(this.faults), facts: Object.fromEntries(this.facts) };
  }
}
