import { writeFile } from 'node:fs/promises';
import { resolveConfig } from 'prettier';
import { inlineDocument } from '../../lib/api/document/openapi.ts';
import { generateClient } from './generate.ts';

/**
 * `npm run client:generate`: regenerates client/generated; test/client/generated.test.ts fails when that is
 * needed.
 */
const folder = new URL('../generated/', import.meta.url);
const files = await generateClient(inlineDocument(), (await resolveConfig(folder)) ?? {});
for (const [name, text] of files) await writeFile(new URL(name, folder), text);
process.stdout.write(`${[...files.keys()].join(', ')} written to client/generated\n`);
