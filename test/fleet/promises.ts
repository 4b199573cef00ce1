import { countOf } from './figures.ts';
import type { Call } from './fleet.ts';
import type { Kept } from './scenario.ts';

interface Run {
  readonly load: { readonly name: string };
  readonly calls: readonly Call[];
}

export function kept(promise: string, isKept: boolean, seen: string): Kept {
  return { promise, kept: isKept, seen };
}

export function allServed({ load, calls }: Run): Kept {
  const { offered, served } = countOf(calls);
  return {
    promise: `${load.name}: all are served`,
    kept: served === offered,
    seen: `${served} of ${offered}`,
  };
}

/** An acknowledged increment is in the log and counted, and what was refused is not. */
export function countedOnce(run: Run & { readonly appended: number; readonly counted: number }): Kept {
  const { load, calls, appended, counted } = run;
  const { served } = countOf(calls);
  return {
    promise: `${load.name}: each call that is served has one record in the log and is counted once, and no other`,
    kept: appended === served && counted === served,
    seen: `${served} served, ${appended} records, ${counted} counted`,
  };
}

/** A line for each promise. */
export function promiseLines(promises: readonly Kept[]): readonly string[] {
  return promises.map(
    ({ promise, kept: isKept, seen }) => `${isKept ? 'kept  ' : 'BROKEN'} ${promise} (${seen})`,
  );
}
