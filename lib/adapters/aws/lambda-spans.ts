import type { SpanName } from '../../core/span-names.ts';
import { systemClock } from '../system/system-clock.ts';
import { systemIds } from '../system/system-ids.ts';
import { createXraySpans } from './xray-spans.ts';

/** Of this container. */
export const lambdaSpans = createXraySpans({ clock: systemClock, ids: systemIds, environment: process.env });

/** A function all of which is one span. */
export function spannedHandler<Event, Context, Result>(
  name: SpanName,
  handler: (event: Event, context: Context) => Promise<Result>,
): (event: Event, context: Context) => Promise<Result> {
  return (event, context) => lambdaSpans.around(name, () => handler(event, context));
}
