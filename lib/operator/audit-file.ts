import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { decodingBook, encodingBook } from '../app/audit/audit-book-codec.ts';
import { emptyBook, type AuditBook } from '../app/audit/audit-book.ts';

/** Reads an audit's book from a file. A missing file is an empty book. Throws an AuditFileError. */
export function readAuditFile(path: string, stage: string, epoch: string): AuditBook {
  if (!existsSync(path)) return emptyBook(epoch);
  const decoding = decodingBook(readFileSync(path), { name: path, stage, epoch });
  for (;;) {
    const step = decoding.next();
    if (step.done === true) return step.value;
  }
}

/** Replaces the file atomically: a reader finds either the old file or the new one. */
export function writeAuditFile(path: string, stage: string, book: AuditBook): void {
  const temporary = `${path}.${process.pid}.new`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    for (const lines of encodingBook(stage, book)) writeSync(file, lines);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}
