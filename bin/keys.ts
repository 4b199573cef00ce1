import { keysCommand } from '../lib/operator/keys-command.ts';
import { runStageCommand } from '../lib/operator/stage-command.ts';

/** `npm run keys`: lists and rotates the keys that sign decisions. */
await runStageCommand(keysCommand);
