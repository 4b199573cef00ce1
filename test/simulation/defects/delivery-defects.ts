import type { SimulatedDefect } from '../../plant/defect.ts';

const shard = 'lib/embedded/delivery/mapping-shard.ts';
const lane = 'lib/embedded/delivery/lane.ts';
const piece = 'lib/embedded/delivery/piece.ts';
const outcome = 'lib/embedded/delivery/outcome.ts';

/** The embedded event source mapping. */
export const deliveryDefects: readonly SimulatedDefect[] = [
  {
    name: 'checkpoint-before-settle',
    file: shard,
    find: `          checkpoint.moveTo(readAhead.checkpoint);`,
    replace: `          checkpoint.moveTo(readAhead.position);`,
    breaks: 'Records that were read and not settled are skipped after a restart.',
    expects: ['G1', 'G7', 'I1', 'I3'],
    needs: ['stale-checkpoint'],
  },
  {
    name: 'checkpoint-of-one-lane',
    file: 'lib/embedded/delivery/read-ahead.ts',
    find: `    for (const { lowestUnsettled } of this.lanes) lowest = Math.min(lowest, lowestUnsettled ?? lowest);`,
    replace: `    lowest = Math.max(this.#lowestUnsettled, lane.lowestUnsettled ?? lowest);`,
    breaks: 'The checkpoint passes records that another lane still works on, and a restart skips them.',
    expects: ['G1', 'G7', 'I1', 'I3'],
    needs: ['stale-checkpoint'],
  },
  {
    name: 'lane-by-record',
    file: 'lib/embedded/delivery/read-ahead.ts',
    find: `this.lanes[laneOf(record.partitionKey, lanes)]`,
    replace: `this.lanes[laneOf(record.sequenceNumber, lanes)]`,
    breaks: 'Two lanes count one counter, and the mark of the faster hides records of the slower.',
    expects: ['G1', 'I1', 'I5'],
  },
  {
    name: 'right-half-first',
    file: lane,
    find: `    for (const later of next.pieces.toReversed()) pieces.push(later);`,
    replace: `    for (const later of next.pieces) pieces.push(later);`,
    breaks: 'After a bisection the later half goes first, and its marks hide the earlier one.',
    expects: ['G1', 'I1', 'I5'],
    needs: ['bisect'],
  },
  {
    name: 'partial-answer-off-by-one',
    file: piece,
    find: `verdict.type === 'partial' ? verdict.failedIndex : piece.from;`,
    replace: `verdict.type === 'partial' ? Math.min(verdict.failedIndex + 1, piece.to - 1) : piece.from;`,
    breaks: 'The record that the function named as failed counts as settled.',
    expects: ['G1', 'I1', 'I3'],
  },
  {
    name: 'malformed-answer-taken-for-success',
    file: outcome,
    find: `  return Array.isArray(failures) ? (failures as readonly unknown[]) : undefined;`,
    replace: `  return Array.isArray(failures) && failures.every(identifierOf) ? (failures as readonly unknown[]) : [];`,
    breaks: 'A function that fails with a malformed answer loses its batch.',
    expects: ['G1', 'I1', 'I3'],
    needs: ['malformed-response'],
  },
  {
    name: 'timeout-taken-for-success',
    file: outcome,
    find: `  if (result.type !== 'returned') return { type: 'failed', reason: result.type };`,
    replace: `  if (result.type === 'timed-out') return { type: 'success' };
  if (result.type !== 'returned') return { type: 'failed', reason: result.type };`,
    breaks: 'A batch whose invocation ran out of time is never delivered again.',
    expects: ['G1', 'I1', 'I3'],
    needs: ['timeout', 'out-of-memory'],
  },
  {
    name: 'throttled-function-taken-for-success',
    file: outcome,
    find: `  if (result.type !== 'returned') return { type: 'failed', reason: result.type };`,
    replace: `  if (result.type === 'thrown' && String(result.error).includes('Rate exceeded')) return { type: 'success' };
  if (result.type !== 'returned') return { type: 'failed', reason: result.type };`,
    breaks: 'A batch that Lambda did not even start is skipped.',
    expects: ['G1', 'I1', 'I3'],
    needs: ['function-throttled'],
  },
  {
    name: 'child-shard-before-its-parent',
    file: 'lib/embedded/delivery/event-source-mapping.ts',
    find: `      (id) => !this.#active.has(id) && (this.#ended.has(id) || !this.#listed.has(id)),`,
    replace: `      (id) => this.#active.has(id) || this.#ended.has(id) || !this.#listed.has(id),`,
    breaks: 'After a split the new shard is read beside the old one, and changes of one ad are reordered.',
    expects: ['G3', 'I5'],
    needs: ['shard-split', 'shard-merge', 'shards-doubled'],
  },
  {
    name: 'shard-ended-by-an-old-read',
    file: shard,
    find: `      } else if (closedBefore) {`,
    replace: `      } else if (this.#closed || closedBefore) {`,
    breaks: 'A record that arrives between the last read and the close of its shard is never read.',
    expects: ['G1', 'G7', 'I3'],
    needs: ['shard-split', 'shard-merge', 'shards-doubled'],
  },
  {
    name: 'too-old-thrown-away',
    file: lane,
    find: `      if (!(await giveUp(options, batch, { ...piece, to: expired }, 'RecordAgeExceeded', null))) return;
`,
    replace: '',
    breaks: 'A record that an outage made too old disappears instead of going to the failure destination.',
    expects: ['G6', 'I3'],
    needs: ['destination-duplicated', 'retention-expiry'],
  },
  {
    name: 'window-of-minutes',
    file: lane,
    find: `    return opened + windowMs - clock.monotonicMs();`,
    replace: `    return opened + windowMs * 60 - clock.monotonicMs();`,
    breaks: 'A quiet counter waits minutes for its batch.',
    expects: ['G2', 'I14'],
  },
];
