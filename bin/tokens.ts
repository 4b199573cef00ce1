import { runStageCommand } from '../lib/operator/stage-command.ts';
import { tokensCommand } from '../lib/operator/tokens-command.ts';

/** `npm run tokens`: creates, lists, rotates and revokes the API tokens of a stage. */
await runStageCommand(tokensCommand);
