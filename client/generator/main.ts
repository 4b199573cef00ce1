import { writeFile } from 'node:fs/promises';
import { resolveConfig } from 'prettier';
import { inlineDocument } from '../../lib/api/document/openapi.ts';
import { parseOptions, runCommand } from '../../lib/options.ts';
import { generateClient } from './generate.ts';

const usage = `Regenerates client/generated from the API's document: npm run client:generate

Run it after a change of routes or schemas; npm test fails when that is needed.
Exit codes: 0 written, 2 wrong arguments.
`;

await runCommand({
  name: 'client:generate',
  usage,
  read: (args) => parseOptions(args, {}),
  async run() {
    const folder = new URL('../generated/', import.meta.url);
    const files = await generateClient(inlineDocument(), (await resolveConfig(folder)) ?? {});
    for (const [name, text] of files) await writeFile(new URL(name, folder), text);
    process.stdout.write(`${[...files.keys()].join(', ')} written to client/generated\n`);
    return 0;
  },
});
