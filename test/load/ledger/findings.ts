/**
 * What must never happen. `lost`: an acknowledged write is not there. `double`: a write is there more often than it was
 * sent. `wrong`: a value that no order of what was sent explains. `late`: an ad outside its time. `token`: a token that is
 * not met. `answer`: an answer that the API does not allow. `process`: it ended by itself, or two served one folder.
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
