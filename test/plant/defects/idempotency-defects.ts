import type { Defect } from '../defect.ts';

export const idempotencyDefects: readonly Defect[] = [
  {
    name: 'partial-answer-replayed',
    file: 'lib/app/idempotency.ts',
    find: 'const completeStatusCodes: ReadonlySet<number> = new Set([200, 201, 202, 204]);',
    replace: 'const completeStatusCodes: ReadonlySet<number> = new Set([200, 201, 202, 204, 207]);',
    breaks:
      'A 207 is stored, so every retry with the same key gets the same 207 back and the increments that the log refused are never appended.',
  },
  {
    name: 'refusal-frees-a-shared-key',
    file: 'lib/app/idempotency.ts',
    find: '    condition: isPending(record, joined ? undefined : record.runs),',
    replace: '    condition: isPending(record),',
    breaks:
      'A run that refuses frees the key although another run of the same request has joined and may still take effect; the next repeat is a new request and creates a second ad.',
  },
  {
    name: 'joined-run-taken-for-first',
    file: 'lib/app/idempotency.ts',
    find: `  return result.status === 'written' ? { status: 'run', key, record: joined, joined: true } : undefined;`,
    replace: `  return result.status === 'written' ? { status: 'run', key, record: joined, joined: false } : undefined;`,
    breaks:
      'A repeated request believes that no earlier run exists, so it answers 404, 412 or 507 for a change whose event the first run has logged and that is then applied.',
  },
];
