import type { Planting } from './planting.ts';
import type { Soundness } from './soundness.ts';
import type { Copy, Finding, Suite, SuiteRun } from './suite.ts';

export interface Attempt {
  readonly copy: Copy;
  readonly suite: Suite;
  readonly soundness: Soundness;
  readonly onCaught: (planting: Planting, finding: Finding) => void;
}

/**
 * Plants all of `members` in one copy and runs once what any of them can make fail. For each failure the same
 * checks run with each member alone that they may have found, so that nobody is caught by another's failure.
 * What passes everything has escaped as a whole. Two that undo each other's failure would escape together;
 * members touch different files with different tests, so that this is hardly possible.
 */
export async function tryTogether(members: readonly Planting[], attempt: Attempt): Promise<void> {
  const { copy, suite, soundness, onCaught } = attempt;
  const checksOf = new Map(members.map((member) => [member, new Set(suite.checksOf(member))]));
  let left = members.filter((member) => (checksOf.get(member)?.size ?? 0) > 0);
  let checks: readonly string[] = [...new Set(left.flatMap((member) => [...(checksOf.get(member) ?? [])]))];
  const caught = (member: Planting, finding: Finding): void => {
    left = left.filter((other) => other !== member);
    onCaught(member, finding);
  };
  while (left.length > 0 && checks.length > 0) {
    const isAlone = left.length === 1;
    const { findings, unrun } = await runWith(left, { copy, suite, checks, bail: isAlone });
    for (const finding of findings) {
      const reached = left.filter((member) =>
        finding.checks.some((check) => checksOf.get(member)?.has(check)),
      );
      if (reached.length === 0 || !(await soundness.isSound(copy, suite, finding.checks))) continue;
      for (const member of reached) {
        const alone = { copy, suite, checks: finding.checks, bail: true };
        const own = isAlone ? finding : (await runWith([member], alone)).findings[0];
        if (own !== undefined) caught(member, own);
      }
    }
    checks = unrun;
  }
}

interface Run {
  readonly copy: Copy;
  readonly suite: Suite;
  readonly checks: readonly string[];
  readonly bail: boolean;
}

async function runWith(members: readonly Planting[], { copy, suite, checks, bail }: Run): Promise<SuiteRun> {
  const restore = copy.plant(members);
  try {
    return await suite.run(copy, checks, { bail });
  } finally {
    restore();
  }
}
