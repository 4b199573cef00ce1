import { rebuildCommand } from '../lib/operator/rebuild-command.ts';
import { runStageCommand } from '../lib/operator/stage-command.ts';

/** `npm run rebuild`: makes the projection of the ads anew, compares, and switches when asked. */
await runStageCommand(rebuildCommand);
