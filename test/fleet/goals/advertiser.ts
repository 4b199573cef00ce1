import type { Request } from '../../support/proxy-event.ts';
import type { DayAd } from './day-ads.ts';
import type { GoalStage } from './goal-stage.ts';

/** Creates an ad that is live from now on, and resolves to its id once it is. */
export async function createAd(
  stage: GoalStage,
  { name, priority, goal, country, frequency, endMs }: DayAd & { readonly endMs: number },
): Promise<string> {
  const body = {
    ...{ title: `Ad: ${name}`, content: 'An ad of the day.', priority },
    ...{ start_at: new Date(stage.kernel.nowMs()).toISOString(), end_at: new Date(endMs).toISOString() },
    ...(goal && { goal }),
    ...(country && { country }),
    ...(frequency && { frequency }),
  };
  const { status, body: text } = await stage.write(write('POST', '/api/v1/ad', body));
  if (status !== 201) throw new Error(`${name} was not created: ${status} ${text}`);
  return (JSON.parse(text) as { readonly id: string }).id;
}

export async function pauseAd(stage: GoalStage, id: string): Promise<void> {
  const { status, body } = await stage.write(write('PATCH', `/api/v1/ad/${id}`, { status: 'paused' }));
  if (status >= 300) throw new Error(`an ad was not paused: ${status} ${body}`);
}

function write(method: string, path: string, body: Readonly<Record<string, unknown>>): Request {
  const headers = { 'Content-Type': 'application/json', Prefer: 'wait=10' };
  return { method, path, principal: 'an advertiser', headers, body };
}
