import type { Ports } from '../../app/ports.ts';
import { createTokenStore, hasTokenBeenMade } from '../../app/tokens/token-store.ts';
import { noUsageKeys } from '../../ports/usage-keys.ts';
import { createPeriodic } from '../housekeeping/periodic.ts';
import type { Part } from '../parts.ts';

/**
 * How long calls may still work without a token after the first is made. A check costs one point read and one
 * query of LMDB, 10 us a second; checks end once tokens are required.
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
 * `tokens`: true requires that there is one at the start; false never requires any. `start` rejects with a
 * NoTokensError or a StateStoreError.
 */
export function createTokenRequirement(ports: Ports, tokens: boolean | undefined): TokenRequirement {
  const { clock, telemetry } = ports;
  let isRequired = tokens !== false;
  const looking = createPeriodic({
    ...{ name: 'check for a first token', everyMs: lookEveryMs, clock, telemetry },
    async task() {
      if (isRequired || !(await hasTokenBeenMade(ports))) return;
      isRequired = true;
      telemetry.info('a token was made: calls require one from now on');
    },
  });
  return {
    name: 'the check for a first token',
    get isRequired() {
      return isRequired;
    },
    async start() {
      if (tokens === true) await assertTokens(ports);
      isRequired = tokens !== false && (await hasTokenBeenMade(ports));
      if (tokens !== false && !isRequired) looking.start();
    },
    stop: () => looking.stop(),
  };
}

async function assertTokens(ports: Ports): Promise<void> {
  const tokens = await createTokenStore({ ...ports, usageKeys: noUsageKeys }).list();
  if (tokens.length === 0) throw new NoTokensError('the data folder has no token');
}
