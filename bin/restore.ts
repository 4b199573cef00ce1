import { restoreCommand } from '../lib/operator/restore-command.ts';
import { runStageCommand } from '../lib/operator/stage-command.ts';

/** `npm run restore`: makes a table of a deployed stage what a restored one is. */
await runStageCommand(restoreCommand);
