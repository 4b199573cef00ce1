import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { systemClock } from '../system/system-clock.ts';
import { systemIds } from '../system/system-ids.ts';
import { createLambdaTelemetry } from './lambda-telemetry.ts';

/** What every function is given, whatever it does. */
export function lambdaBasics(
  functionName: string,
  stage: string,
): { clock: Clock; ids: Ids; telemetry: Telemetry } {
  return {
    clock: systemClock,
    ids: systemIds,
    telemetry: createLambdaTelemetry({ stage, functionName, clock: systemClock }),
  };
}
