import type { Attributes } from '../../../lib/ports/state-store.ts';
import type { Auditor } from './auditor.ts';
import { canaryCounter } from './counter-ledger.ts';
import { demand } from './demand.ts';

/**
 * G1: the canary reports a loss or a double count only of a counter that is not what its increments made it. What
 * they should make it, the counter auditor predicts.
 */
export function createCanaryAuditor(): Auditor {
  let total = 0n;
  let runs = 0;
  return {
    name: 'canary',
    wrote({ changes }) {
      for (const { key, before, after } of changes) {
        if (key.pk === `counter#${canaryCounter}`) total += number(after, 'total') - number(before, 'total');
        if (key.pk !== 'canary') continue;
        if (after?.['status'] !== undefined) runs += 1;
        if (after?.['untold'] === undefined) continue;
        // After a difference an account begins with what the counter was seen to hold.
        const seen = number(after, 'offset') - number(after, 'missing');
        demand(seen !== total, 'G1', 'the canary reports a difference of a counter that is right', () => ({
          ...{ state: after, total },
        }));
      }
    },
    atRest: () => Promise.resolve(),
    facts: () => ({ canaryWrites: runs }),
  };
}

function number(item: Attributes | undefined, name: string): bigint {
  const value = item?.[name];
  return typeof value === 'bigint' ? value : 0n;
}
