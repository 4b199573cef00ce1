import type { ApiFunction } from '../../lib/api/api-function.ts';
import { toEvent, type Request } from '../support/proxy-event.ts';

export type GatewayEvent = ReturnType<typeof toEvent>;

/** A request with the headers that a small client and API Gateway send, as JSON makes it: so it reaches a function. */
export function gatewayEvent(request: Omit<Request, 'headers'>): GatewayEvent {
  const headers = {
    Accept: '*/*',
    Host: 'abcdefghij.execute-api.eu-west-1.amazonaws.com',
    'User-Agent': 'bench',
    'X-Amzn-Trace-Id': 'Root=1-6920a000-0123456789abcdef01234567',
    'X-Forwarded-For': '203.0.113.7',
    'X-Forwarded-Port': '443',
    'X-Forwarded-Proto': 'https',
    ...(request.body !== undefined && { 'Content-Type': 'application/json' }),
  };
  return JSON.parse(JSON.stringify(toEvent({ ...request, headers }))) as GatewayEvent;
}

/** Microseconds of each call, body made and turned into bytes; one call after the other. */
export async function measureLatencies(
  answer: ApiFunction,
  events: readonly GatewayEvent[],
  count: number,
): Promise<readonly number[]> {
  const latenciesUs: number[] = [];
  for (let i = 0; i < count; i++) {
    const startMs = performance.now();
    const { body } = await answer(events[i % events.length]!);
    Buffer.byteLength(body);
    latenciesUs.push((performance.now() - startMs) * 1000);
  }
  return latenciesUs;
}
