import type { Defect } from '../defect.ts';

export const archiveDefects: readonly Defect[] = [
  {
    name: 'audit-forgets-ids-of-shards-behind',
    file: 'lib/app/audit/audit-reader.ts',
    find: 'if (keyedIds.size >= keyedIdsMax) this.forgetIds(allReadThroughMs);',
    replace: 'if (keyedIds.size >= keyedIdsMax) this.forgetIds();',
    breaks:
      'An audit with many keyed events forgets those of shards that it has not read as far, and counts their copies twice.',
  },
  {
    name: 'archive-hole-read-over',
    file: 'lib/app/archive/archived-history.ts',
    find: '    if (toNumber(part.after) > toNumber(this.#end)) return false;\n',
    replace: '',
    breaks:
      'A lost part of the archive is read over, so an audit reports totals as different that are right.',
  },
  {
    name: 'archive-gap-hidden',
    file: 'lib/app/archive/archive-log.ts',
    find: '      if (isWhole) await this.#write(progress, progress.current.through, pages.flat());\n      else await this.#writeApart(progress, pages);',
    replace: '      await this.#write(progress, progress.current.through, pages.flat());',
    breaks:
      'A part claims to follow on the one before, though the log has dropped records between them: no audit knows that they are missing.',
  },
  {
    name: 'archive-forgets-a-gap-without-records',
    file: 'lib/app/archive/archive-log.ts',
    find: '    progress.miss();\n',
    replace: '',
    breaks:
      'If the log has dropped records and has got none since, the next run takes the shard for whole from there.',
  },
  {
    name: 'archived-shard-not-at-its-end',
    file: 'lib/app/archive/archived-history.ts',
    find: 'if (!this.#inLog.has(shardId)) return isUpToBook && noted.ended;',
    replace: 'if (!this.#inLog.has(shardId)) return isUpToBook;',
    breaks:
      'A shard that the log forgot before its end was archived counts as whole, so audits report its counters as different.',
  },
];
