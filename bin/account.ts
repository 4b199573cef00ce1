import { accountCommand } from '../lib/operator/account-command.ts';
import { runCommand } from '../lib/options.ts';

/** `npm run account`: checks whether the account can spare the concurrency that a stage reserves. */
await runCommand(accountCommand);
