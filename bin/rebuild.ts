import { rebuildCommand } from '../lib/operator/rebuild-command.ts';
import { runStageCommand } from '../lib/operator/stage-command.ts';

/**
 * `npm run rebuild`: rebuilds the projection of the ads, compares it with the current one, and replaces that
 * on request.
 */
await runStageCommand(rebuildCommand);
