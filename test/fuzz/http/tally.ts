/** Numbers of requests and answers, by kind. */
export class Tally {
  /** By kind, then by status; `none`: the connection was closed without an answer. */
  readonly answers = new Map<string, Map<string, number>>();
  /** By what was special about the requests. */
  readonly kinds = new Map<string, number>();
  /** Answers over 499 by their problem. */
  readonly serverErrors = new Map<string, number>();

  get requests(): number {
    return [...this.answers.values()]
      .flatMap((statuses) => [...statuses.values()])
      .reduce((a, b) => a + b, 0);
  }

  answered(kind: string, status: number, what: string, type?: string): void {
    this.#count(kind, String(status));
    add(this.kinds, `${kind}: ${what.replace(/ at .*| colour.*/, '')}`);
    if (status >= 500) add(this.serverErrors, `${status} ${type ?? ''}`.trim());
  }

  unanswered(kind: string): void {
    this.#count(kind, 'none');
  }

  #count(kind: string, status: string): void {
    const statuses = this.answers.get(kind) ?? new Map<string, number>();
    this.answers.set(kind, statuses);
    add(statuses, status);
  }
}

export function add(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}
