import { quarantineCommand } from '../lib/operator/quarantine-command.ts';
import { runStageCommand } from '../lib/operator/stage-command.ts';

/** `npm run quarantine`: lists, shows, redrives and drops quarantined records. */
await runStageCommand(quarantineCommand);
