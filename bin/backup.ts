import { backupCommand } from '../lib/operator/backup-command.ts';
import { runStageCommand } from '../lib/operator/stage-command.ts';

/** `npm run backup`: copies a data folder while npm start runs. */
await runStageCommand(backupCommand);
