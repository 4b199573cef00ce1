import { importCommand } from '../lib/bulk/import-command.ts';
import { runCommand } from '../lib/options.ts';

/** `npm run import`: creates or changes ads from a file. */
await runCommand(importCommand);
