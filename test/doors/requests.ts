import type { ApiCall } from '../support/api-calls.ts';
import type { Ask, TwoDoors } from '../support/two-doors.ts';

export const json = 'Content-Type: application/json';
export const wait = 'Prefer: wait=5';
export const unknownAd = '/api/v1/ad/01900000-0000-7000-8000-000000000000';

/** An ad for everyone, on air when the worlds begin. */
export const ad = {
  title: 'Tea time',
  content: 'Two for one',
  start_at: '2026-01-01T00:00:00Z',
  end_at: '2036-01-01T00:00:00Z',
};

/** A text is sent as it is, anything else as JSON. */
export function post(target: string, body: unknown, ...lines: string[]): Ask {
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return { method: 'POST', target, lines: [json, ...lines], body: text };
}

/** What a decision says of an ad. */
export interface AskedDecision {
  readonly token: string;
  /** The query of the address of its click. */
  readonly click: string;
}

const placements = [{ id: 'top' }];

/** The decision of an ad that leads somewhere. */
export async function decideFor(doors: TwoDoors): Promise<AskedDecision> {
  await doors.ask(post('/api/v1/ad', { ...ad, click_url: 'https://shop.example/', priority: 1 }, wait));
  const { text } = await doors.ask(post('/api/v1/decisions', { placements }));
  const { decisions } = JSON.parse(text) as {
    decisions: [{ ads: [{ decision: { token: string; click_url: string } }] }];
  };
  const { token, click_url: link } = decisions[0].ads[0].decision;
  return { token, click: link.slice(link.indexOf('?')) };
}

/** A good request of a call, about the ad at `adPath`, a decision, or the counter that is called `here`. */
export function goodRequest(
  { id, method, path }: ApiCall,
  adPath: string,
  { token, click }: AskedDecision = { token: 'none', click: '' },
): Ask {
  const target = path.replace('/api/v1/ad/{id}', adPath).replace('{key}', 'here').replace('{token}', token);
  switch (id) {
    case 'decide':
    case 'explainDecision':
      return post(target, { placements });
    case 'trackEvents':
      return post(target, { events: [{ token, type: 'click' }] });
    case 'followClick':
      return { target: `${target}${click}` };
    case 'getAdDelivery':
      return { target: `${target}?bucket=day` };
    case 'getCampaignDelivery':
      return { target: `${target}?campaign_id=summer` };
    case 'createAd':
      return post(target, ad);
    case 'updateAd':
      return { ...post(target, { title: 'Coffee time' }), method };
    case 'importAds':
      return post(target, { ads: [{ ...ad, external_id: 'shop-1' }] });
    case 'increment':
      return post(target, { key: 'here', value: 1 });
    case 'incrementMany':
      return post(target, {
        increments: [
          { key: 'here', value: 1 },
          { key: 'there', value: 2 },
        ],
      });
    case 'redriveQuarantine':
      return post(target, { ids: ['increments/1/shardId-000000000000/1'] });
    case 'getCounterSeries':
      return { target: `${target}?bucket=day` };
    case 'getSeries':
      return { target: `${target}?bucket=day&key=here` };
    case 'getCounters':
      return { target: `${target}?key=here` };
    default:
      return { method, target };
  }
}

/** The same with header lines more. */
export function withLines({ lines = [], ...ask }: Ask, ...more: string[]): Ask {
  return { ...ask, lines: [...lines, ...more] };
}
