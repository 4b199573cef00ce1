import type { Defect } from '../defect.ts';

const csv = 'lib/bulk/csv-rows.ts';
const rows = 'lib/bulk/ad-rows.ts';
const send = 'lib/bulk/send-ads.ts';
const time = 'lib/bulk/read-time.ts';

/** Ads in files: read otherwise than they were meant, sent twice or not at all, written so that they change. */
export const bulkDefects: readonly Defect[] = [
  {
    name: 'line-of-a-fault-counts-rows',
    file: csv,
    find: `        line += lineEndsBetween(bytes, startsAt, endsAt);`,
    replace: `        line += startsAt < endsAt ? 1 : 0;`,
    breaks: 'After a cell with a line end in it, each fault is told with the line of another row.',
  },
  {
    name: 'short-row-taken',
    file: csv,
    find: `  if (cells.length < names.length || filled > names.length)`,
    replace: `  if (filled > names.length)`,
    breaks: 'A row that lacks cells clears the targets of its ad.',
  },
  {
    name: 'quotes-before-formulas-all-taken',
    file: 'lib/bulk/formula-guard.ts',
    find: `guarded.test(cell) ? cell.slice(1) : cell;`,
    replace: `guarded.test(cell) ? cell.replace(/^'+/, '') : cell;`,
    breaks: "A title that begins with '= loses its quote on the way through a file.",
  },
  {
    name: 'formulas-only-at-equals',
    file: 'lib/bulk/formula-guard.ts',
    find: `return guardedOrFormula.test(cell) ?`,
    replace: `return /^'*=/.test(cell) ?`,
    breaks: 'A spreadsheet runs the title of an ad that begins with @, + or -.',
  },
  {
    name: 'repeated-external-id-of-a-file-sent',
    file: rows,
    find: `    else lines.set(name, line);`,
    replace: `    else lines.set(line, line);`,
    breaks: 'Of two rows with one external id the later one wins, or the batch is refused.',
  },
  {
    name: 'rows-beside-faulty-ones-sent',
    file: 'lib/bulk/import-command.ts',
    find: `    if (faults.length > 0) {`,
    replace: `    if (ads.length === 0 && faults.length > 0) {`,
    breaks: 'A file with a faulty row is imported without that row, and the command ends with 0.',
  },
  {
    name: 'day-and-month-guessed',
    file: time,
    find: `    return dateFormat === 'dmy' ? toInstant`,
    replace: `    return dateFormat === 'dmy' || a > 12 ? toInstant`,
    breaks:
      'With --date-format mdy 31/12/2026 is read as a day first, and 01/12/2026 of the same file is not.',
  },
  {
    name: 'offset-of-a-day-before',
    file: 'lib/bulk/time-zone.ts',
    find: `[offsetMs(localMs - dayMs), offsetMs(localMs + dayMs)]`,
    replace: `[offsetMs(localMs - dayMs)]`,
    breaks: 'On the day on which clocks are changed, ads start an hour off or are refused.',
  },
  {
    name: 'midnight-in-the-afternoon',
    file: time,
    find: `  return (hour % 12) + (half === 'pm' ? 12 : 0);`,
    replace: `  return hour + (half === 'pm' ? 12 : 0);`,
    breaks: '12:30 AM is half past twelve in the afternoon, and 12:30 PM is refused.',
  },
  {
    name: 'key-of-a-batch-reused',
    file: send,
    find: `    idempotencyKey: randomUUID(),`,
    replace: `    idempotencyKey: batch[0]?.ad.external_id ?? randomUUID(),`,
    breaks: 'An import within 24 hours gets the answer of the one before, and changes nothing.',
  },
  {
    name: 'undecided-ads-forgotten',
    file: send,
    find: `      open = isLast ? [] : waiting;`,
    replace: `      open = [];`,
    breaks: 'Ads that were not decided in time are in no count, and the command ends with 0.',
  },
  {
    name: 'batch-longer-than-a-request',
    file: 'lib/bulk/batches.ts',
    find: `    const size = Buffer.byteLength(JSON.stringify(row.ad)) + 1;`,
    replace: `    const size = JSON.stringify(row.ad).length + 1;`,
    breaks: 'A file of ads in Chinese is refused as too large.',
  },
  {
    name: 'export-of-the-first-page',
    file: 'lib/bulk/export-command.ts',
    find: `    cursor = body.next_cursor ?? undefined;`,
    replace: `    cursor = body.ads.length < adsPerPageMax ? undefined : (body.next_cursor ?? undefined);`,
    breaks: 'An export of a filtered list ends at the first page that is not full.',
  },
  {
    name: 'half-an-export-in-place',
    file: 'lib/bulk/export-command.ts',
    find: '  const partial = `${place}.${process.pid}.partial`;',
    replace: '  const partial = file;\n  await rm(file, { force: true });',
    breaks: 'An export that fails leaves half a file, or none, where a whole one was.',
  },
  {
    name: 'lines-preferred-unasked',
    file: 'lib/api/request/accept.ts',
    find: `  return weightOf(mediaType) > weightOf('application/json');`,
    replace: `  return weightOf(mediaType) >= weightOf('application/json');`,
    breaks: 'A client that accepts anything gets a page, or lines, in place of JSON.',
  },
  {
    name: 'lines-without-their-cursor',
    file: 'functions/query-ads/list-reply.ts',
    find: `...(nextCursor !== undefined && { 'Next-Cursor': nextCursor })`,
    replace: `...(nextCursor === undefined && { 'Next-Cursor': '' })`,
    breaks: 'A list in lines ends after its first page.',
  },
];
