import { runCommand } from '../lib/options.ts';
import { configCommand } from '../lib/settings/config-command.ts';

/** `npm run config`: shows the settings of a stage and where each comes from. */
await runCommand(configCommand);
