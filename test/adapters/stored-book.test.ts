import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createFileStoredBook } from '../../lib/adapters/system/file-stored-book.ts';
import { StoredBookError } from '../../lib/ports/stored-book.ts';
import { testStoredBook } from '../contracts/stored-book.ts';
import { createMemoryStoredBook } from '../support/memory/memory-stored-book.ts';

let folder: string;
let books = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'adtally-stored-book-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

testStoredBook('memory', () => Promise.resolve(createMemoryStoredBook()));
testStoredBook('a file', () => {
  books += 1;
  return Promise.resolve(createFileStoredBook(join(folder, `book-${books}`)));
});

it('a file is its owner’s alone, and nothing else stays in the folder', async () => {
  const own = mkdtempSync(join(folder, 'own-'));
  const book = createFileStoredBook(join(own, 'audit.ndjson'));
  await book.write(new Uint8Array([1]), undefined);
  expect(statSync(join(own, 'audit.ndjson')).mode & 0o777).toBe(0o600);
  expect(readdirSync(own)).toEqual(['audit.ndjson']);
});

it('a folder that cannot be written to is an error of the port', async () => {
  writeFileSync(join(folder, 'no-folder'), '');
  const book = createFileStoredBook(join(folder, 'no-folder', 'audit.ndjson'));
  await expect(book.write(new Uint8Array([1]), undefined)).rejects.toThrow(StoredBookError);
});
