import { guardStreams } from '../lib/options.ts';
import { runStageCommand } from '../lib/operator/stage-command.ts';
import { tailCommand } from '../lib/operator/tail-command.ts';

guardStreams();
// The reader of the lines has gone (`npm run tail ... | head`): nothing is left to do.
process.stdout.on('error', () => process.exit(0));

/** `npm run tail`: shows increments of a counter as they are counted. */
await runStageCommand(tailCommand);
