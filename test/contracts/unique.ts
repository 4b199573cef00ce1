import { randomUUID } from 'node:crypto';

/** A name that no other test, run or process has used: the contracts assume no empty store. */
export function unique(prefix: string): string {
  return `${prefix}-${randomUUID()}`;
}
