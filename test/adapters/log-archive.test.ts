import { testLogArchive } from '../contracts/log-archive.ts';
import { createMemoryLogArchive } from '../support/memory/memory-log-archive.ts';

testLogArchive('memory', () => Promise.resolve(createMemoryLogArchive()));
