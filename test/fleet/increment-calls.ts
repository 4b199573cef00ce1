import type { APIGatewayProxyEvent } from 'aws-lambda';
import { toEvent } from '../support/proxy-event.ts';
import type { Call, Fleet } from './fleet.ts';

export interface IncrementCalls {
  /** When they arrive, milliseconds from the beginning. */
  readonly instants: readonly number[];
  /** Containers of the function that are warm before. */
  readonly warm: number;
  /** How many tokens and counters there are; calls take them in turns. */
  readonly tokens: number;
  readonly counters: number;
}

/** Long enough for every call that has arrived to be answered: a function's time is 30 s at most. */
const answeredWithinMs = 60_000;

/** Sends single increments, and resolves to what their callers got. */
export async function sendIncrements(
  fleet: Fleet,
  { instants, warm, tokens, counters }: IncrementCalls,
): Promise<readonly Call[]> {
  const lastMs = Math.max(0, ...instants.slice(-1));
  return fleet.run((kernel) => {
    fleet.lambda.warm('ingest-increments', warm);
    instants.forEach((atMs, i) => {
      kernel.after(atMs, () => {
        fleet.arrive(incrementEvent(`token ${i % tokens}`, `ad-${i % counters}/clicks`));
      });
    });
  }, lastMs + answeredWithinMs);
}

function incrementEvent(principal: string, key: string): APIGatewayProxyEvent {
  return toEvent({
    ...{ method: 'POST', path: '/increment', principal, body: { key, value: 1 } },
    headers: { 'content-type': 'application/json' },
  });
}
