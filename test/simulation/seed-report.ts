export interface SeedViolation {
  /** G1 .. G9, G17, I1 .. I14, or `crash`. */
  readonly invariant: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Faults had stopped: what was promised did not come about in time. */
  readonly liveness: boolean;
}

export interface SeedReport {
  readonly seed: number;
  readonly ok: boolean;
  readonly violation?: SeedViolation;
  /** Who took part. */
  readonly clients: readonly string[];
  readonly traceHash: string;
  readonly simulatedMs: number;
  readonly steps: number;
  readonly requests: number;
  readonly incrementsChecked: number;
  readonly adEventsChecked: number;
  /** How often each kind struck. */
  readonly faults: Readonly<Record<string, number>>;
  /** What the auditors counted. */
  readonly facts: Readonly<Record<string, number>>;
  /** Every step, if it was recorded. */
  readonly story: readonly string[];
}

/** As JSON: totals are bigints. */
export function reportJson(report: SeedReport): string {
  return JSON.stringify(report, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}
