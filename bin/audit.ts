import { auditCommand } from '../lib/operator/audit-command.ts';
import { runStageCommand } from '../lib/operator/stage-command.ts';

/** `npm run audit`: compares every total of a stage with its log. */
await runStageCommand(auditCommand);
