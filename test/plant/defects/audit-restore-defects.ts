import type { Defect } from '../defect.ts';

export const auditRestoreDefects: readonly Defect[] = [
  {
    name: 'rebuild-overlooks-ads-changed-meanwhile',
    file: 'lib/app/rebuild/compare-projection.ts',
    find: `    const touched = await replay.follow(head.version);
    const ids = suspects === undefined ? replay.everSeen : new Set([...suspects, ...touched]);`,
    replace: `    await replay.follow(head.version);
    const ids = suspects ?? replay.everSeen;`,
    breaks:
      "Ads that change while the projection is compared are not looked at in the later rounds, so rebuild reports 'no difference' although their items are wrong.",
  },
  {
    name: 'rebuild-writes-too-many-ads',
    file: 'lib/app/rebuild/ad-writes.ts',
    find: 'const actionsPerWriteMax = 90;',
    replace: 'const actionsPerWriteMax = 100;',
    breaks:
      'With 100 or more differing ads the transaction has 101 actions and is refused, so rebuild crashes exactly when much is broken.',
  },
  {
    name: 'restore-beside-a-running-consumer',
    file: 'lib/operator/restore-command.ts',
    find: '      if (running.length > 0) return exitCodes.undecidable;',
    replace: '      if (running.length > 1) return exitCodes.undecidable;',
    breaks:
      'restore --apply writes while the one consumer of the table still runs, so marks and totals are overwritten and records are lost or counted twice.',
  },
  {
    name: 'trim-not-noted-for-audit',
    file: 'lib/adapters/lmdb/log-trimmer.ts',
    find: '    for (const index of touched) this.#dropped.write(batch, index, trimmed[index] ?? 0);',
    replace: '',
    breaks:
      'Nothing records which records were trimmed, so the audit takes a log with gaps for whole and reports healthy counters as different from the log.',
  },
  {
    name: 'unfinished-audit-begins-anew',
    file: 'lib/app/audit/scheduled-audit.ts',
    find: `    const bytes = await encode(deps, book);`,
    replace: `    if (found.status === 'unfinished') return { ...found, atMs, counters };
    const bytes = await encode(deps, book);`,
    breaks:
      'An audit that does not fit into one run keeps nothing of what it has read, so a large stage is never audited.',
  },
  {
    name: 'failed-audit-is-done',
    file: 'lib/app/audit/scheduled-audit.ts',
    find: `  const isDone = status !== 'unfinished' && status !== 'failed';`,
    replace: `  const isDone = status !== 'unfinished';`,
    breaks: 'A stage whose audit cannot run at all, for want of room, never raises the alarm.',
  },
];
