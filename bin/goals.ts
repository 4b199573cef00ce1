import { goalsCommand } from '../lib/operator/goals-command.ts';
import { runStageCommand } from '../lib/operator/stage-command.ts';

/** `npm run goals`: how far the goals of live ads are, and what a restore needs. */
await runStageCommand(goalsCommand);
