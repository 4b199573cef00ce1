import { quarantineCommand } from '../lib/operator/quarantine-command.ts';
import { runStageCommand } from '../lib/operator/stage-command.ts';

/** `npm run quarantine`: lists, shows, redrives and drops what could not be processed. */
await runStageCommand(quarantineCommand);
