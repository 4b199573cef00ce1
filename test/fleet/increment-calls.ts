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

/** Sends single increments, and resolves to what their callers got. */
export async function sendIncrements(
  fleet: Fleet,
  { instants, warm, tokens, counters }: IncrementCalls,
): Promise<readonly Call[]> {
  const lastMs = Math.max(0, ...instants.slice(-1));
  return fleet.run(
    (kernel) => {
      fleet.lambda.warm('ingest-increments', warm);
      instants.forEach((atMs, i) => {
        kernel.after(atMs, () => {
          fleet.arrive(incrementEvent(`token ${i % tokens}`, counterOf(i % counters)));
        });
      });
    },
    { calls: instants.length, untilMs: lastMs },
  );
}

/** What the counters hold together, once everything is settled. */
export async function countedBy(fleet: Fleet, counters: number): Promise<number> {
  return Number(await fleet.totalOf(Array.from({ length: counters }, (_, i) => counterOf(i))));
}

function counterOf(i: number): string {
  return `ad-${i}/clicks`;
}

export function incrementEvent(principal: string, key: string): APIGatewayProxyEvent {
  return toEvent({
    ...{ method: 'POST', path: '/increment', principal, body: { key, value: 1 } },
    headers: { 'content-type': 'application/json' },
  });
}
