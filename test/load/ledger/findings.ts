/**
 * What must never happen. `lost`: an acknowledged write is missing. `double`: a write is stored more often
 * than it was sent. `wrong`: a value that no order of the requests explains. `late`: an ad is served outside
 * its time. `token`: a token is not met. `answer`: the API does not allow the answer. `process`: a process
 * ended without a command, or two served one folder.
 */
export const findingKinds = ['lost', 'double', 'wrong', 'late', 'token', 'answer', 'process'] as const;
export type FindingKind = (typeof findingKinds)[number];

/** Kept in words; further ones are counted. */
const messagesMax = 50;

export class Findings {
  readonly counts: Record<FindingKind, number> = {
    lost: 0,
    double: 0,
    wrong: 0,
    late: 0,
    token: 0,
    answer: 0,
    process: 0,
  };
  readonly messages: string[] = [];

  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  add(kind: FindingKind, message: string): void {
    this.counts[kind] += 1;
    if (this.messages.length < messagesMax) this.messages.push(`${kind}: ${message}`);
  }
}
