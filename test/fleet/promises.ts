import { countOf } from './figures.ts';
import type { Call } from './fleet.ts';
import type { Kept } from './scenario.ts';

interface Run {
  readonly load: { readonly name: string };
  readonly calls: readonly Call[];
}

export function allServed({ load, calls }: Run): Kept {
  const { offered, served } = countOf(calls);
  return {
    promise: `${load.name}: all are served`,
    kept: served === offered,
    seen: `${served} of ${offered}`,
  };
}

/** An acknowledged increment is in the log, and what was refused is not. */
export function loggedOnce({ load, calls, appended }: Run & { readonly appended: number }): Kept {
  const { served } = countOf(calls);
  return {
    promise: `${load.name}: each call that is served has one record in the log, and no other has`,
    kept: appended === served,
    seen: `${appended} records, ${served} served`,
  };
}
