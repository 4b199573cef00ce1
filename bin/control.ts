import { controlCommand } from '../lib/operator/control-command.ts';
import { runStageCommand } from '../lib/operator/stage-command.ts';

/** `npm run control`: shows and changes what a stage may change while it runs. */
await runStageCommand(controlCommand);
