import type { ControlFollower } from '../../app/control/control-follower.ts';
import type { Ports } from '../../app/ports.ts';
import { createTokenStore, hasTokenBeenMade } from '../../app/tokens/token-store.ts';
import { noUsageKeys } from '../../ports/usage-keys.ts';
import { createPeriodic } from '../housekeeping/periodic.ts';
import type { Part } from '../parts.ts';

/**
 * How long calls may still work without a token after the first is made, and how long a change of the control
 * item may go unnoticed. A check costs two point reads and one query of LMDB, 15 us a second.
 */
const lookEveryMs = 1000;

/** Whether calls need a token. */
export interface TokenRequirement extends Part {
  /** As of now; before the start they are required, unless `tokens` is false. */
  readonly isRequired: boolean;
}

/** `no-tokens`: calls require a token, and the data folder has none. */
export class NoTokensError extends Error {
  override readonly name = 'NoTokensError';
  readonly code = 'no-tokens';
}

/**
 * Requires tokens for good as soon as one has been made for the data folder, by this process or another.
 * `tokens`: true requires that there is one at the start; false never requires any. The same look each second
 * follows `control`, which operators change by a command as they make tokens. `start` rejects with a
 * NoTokensError or a StateStoreError.
 */
export function createTokenRequirement(
  ports: Ports,
  tokens: boolean | undefined,
  control: Pick<ControlFollower, 'check'>,
): TokenRequirement {
  const { clock, telemetry } = ports;
  let isRequired = tokens !== false;
  const looking = createPeriodic({
    ...{ name: 'look for what operators changed', everyMs: lookEveryMs, clock, telemetry },
    async task() {
      await control.check();
      if (tokens === false || isRequired || !(await hasTokenBeenMade(ports))) return;
      isRequired = true;
      telemetry.info('a token was made: calls require one from now on');
    },
  });
  return {
    name: 'the look for what operators changed',
    get isRequired() {
      return isRequired;
    },
    async start() {
      if (tokens === true) await assertTokens(ports);
      isRequired = tokens !== false && (await hasTokenBeenMade(ports));
      await control.check();
      looking.start();
    },
    stop: () => looking.stop(),
  };
}

async function assertTokens(ports: Ports): Promise<void> {
  const tokens = await createTokenStore({ ...ports, usageKeys: noUsageKeys }).list();
  if (tokens.length === 0) throw new NoTokensError('the data folder has no token');
}
