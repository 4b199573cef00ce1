import { projectionCommand } from '../lib/operator/projection-command.ts';
import { runStageCommand } from '../lib/operator/stage-command.ts';

/** `npm run projection`: two projections of the ads side by side. */
await runStageCommand(projectionCommand);
