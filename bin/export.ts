import { exportCommand } from '../lib/bulk/export-command.ts';
import { runCommand } from '../lib/options.ts';

/** `npm run export`: writes the live ads to a file. */
await runCommand(exportCommand);
