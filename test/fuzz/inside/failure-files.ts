import fc from 'fast-check';
import { readFailureFile } from '../../../lib/app/quarantine/failure-file.ts';
import { endFailureRecords } from '../../../lib/app/quarantine/failure-records.ts';
import { emptyBook } from '../../../lib/app/audit/audit-book.ts';
import { isPortError } from '../../../lib/ports/port-error.ts';
import { createAuditWorld, type AuditWorld } from '../../support/audit-world.ts';
import { increment, keyed, totalOf } from '../../support/counter-world.ts';
import { failureFileText } from '../../support/failure-file-text.ts';
import { add } from '../http/tally.ts';
import { expectSame } from './increment-records.ts';
import { mutations, type Mutation } from './mutations.ts';

interface Lost {
  readonly key: string;
  readonly value: number;
  readonly keyed: boolean;
}

export interface FailureFileCase {
  readonly lost: readonly Lost[];
  /** Of the file's text. */
  readonly mutation: Mutation;
}

export const failureFileCases: fc.Arbitrary<FailureFileCase> = fc.record({
  lost: fc.array(
    fc.record<Lost>({
      key: fc.constantFrom('a', 'b', 'c'),
      value: fc.integer({ min: 1, max: 1000 }),
      keyed: fc.boolean(),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  mutation: mutations,
});

/**
 * A mapping gave up on everything in the log, and somebody has spoilt the files that say so. Each is redriven
 * three times. Rejects when a sound one does not bring its increments back, or any of them adds something
 * again.
 */
export async function runFailureFile(
  { lost, mutation }: FailureFileCase,
  ends: Map<string, number>,
): Promise<void> {
  const world = createAuditWorld();
  await world.append(lost.map(({ key, value, keyed: isKeyed }) => (isKeyed ? keyed : increment)(key, value)));
  const deps = { ...world.ports, history: world.history, openBook: () => emptyBook('1') };
  for (const text of await filesOf(world)) {
    const spoilt = mutation.apply(Buffer.from(text)).toString();
    const sums: bigint[] = [];
    for (let tries = 0; tries < 3; tries += 1) {
      const content = readFailureFile(spoilt);
      add(ends, content === undefined ? 'no failure file' : 'failure file');
      try {
        if (content !== undefined) await endFailureRecords(deps, content, 'counted');
      } catch (error) {
        if (!isPortError(error)) throw error;
        add(ends, 'failure file put off');
      }
      sums.push(await sumOf(world));
    }
    expectSame(sums[1], sums[0], `sum after the second redrive (${mutation.what})`);
    expectSame(sums[2], sums[0], `sum after the third redrive (${mutation.what})`);
  }
  if (mutation.what !== 'as it was') return;
  const wanted = lost.reduce((sum, { value }) => sum + BigInt(value), 0n);
  expectSame(await sumOf(world), wanted, 'sum of what came back');
}

/** What Lambda would have written about all that is in the log, a file for each shard. */
async function filesOf({ increments }: AuditWorld): Promise<string[]> {
  const files: string[] = [];
  for (const { shardId } of await increments.shards()) {
    const records = await increments.read(shardId, undefined, { recordsMax: 1000, bytesMax: 2 ** 20 });
    if (records.length === 0) continue;
    files.push(failureFileText(records, shardId));
  }
  return files;
}

async function sumOf({ ports }: AuditWorld): Promise<bigint> {
  const totals = await Promise.all(['a', 'b', 'c'].map((key) => totalOf(ports.state, key)));
  return totals.reduce<bigint>((sum, total) => sum + (total ?? 0n), 0n);
}
