import { restoreCommand } from '../lib/operator/restore-command.ts';
import { runStageCommand } from '../lib/operator/stage-command.ts';

/** `npm run restore`: copies a restored table into a live table of a deployed stage. */
await runStageCommand(restoreCommand);
