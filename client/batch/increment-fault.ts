import { describeFault } from '../check/check-input.ts';
import { findFaults } from '../check/find-faults.ts';
import { checks } from '../generated/checks.ts';

const { body: check } = checks.increment;

/**
 * Says why the API would refuse an increment, so that it does not fail its whole batch; undefined: it is
 * valid.
 */
export function incrementFault(key: unknown, value: unknown): string | undefined {
  const [fault] = check === undefined ? [] : findFaults(check, { key, value });
  return fault && describeFault(fault);
}
