import { call } from './api.ts';

const aheadMs = 86_400_000;
const behindMs = 60_000;

const everyone = { priority: 4, metadata: { demo: true } } as const;

/**
 * Two ads share a campaign, so an answer has one of them at most. Two are for some visitors. One fills what the
 * others leave.
 */
const demoAds = [
  {
    ...{ external_id: 'adtally-demo/mountain-tea', campaign_id: 'demo-tea', ...everyone, weight: 3 },
    ...{ title: 'Mountain tea', content: 'Picked at 2,000 metres. Steeped at your desk.' },
    click_url: 'https://example.com/mountain-tea',
  },
  {
    ...{ external_id: 'adtally-demo/iced-tea', campaign_id: 'demo-tea', ...everyone, weight: 1 },
    ...{ title: 'Iced tea', content: 'The same mountain, with ice.' },
    click_url: 'https://example.com/iced-tea',
  },
  {
    ...{ external_id: 'adtally-demo/city-bikes', campaign_id: 'demo-bikes', priority: 8, weight: 2 },
    ...{
      title: 'City bikes',
      content: 'First hour free, for riders from 18 to 40.',
      age_start: 18,
      age_end: 40,
    },
    click_url: 'https://example.com/city-bikes',
  },
  {
    ...{ external_id: 'adtally-demo/harbour-concert', campaign_id: 'demo-concert', priority: 8, weight: 1 },
    ...{ title: 'Harbour concert', content: 'Tonight at eight, in Taiwan and Japan.', country: ['JP', 'TW'] },
    click_url: 'https://example.com/harbour-concert',
  },
  {
    ...{ external_id: 'adtally-demo/pocket-puzzles', campaign_id: 'demo-puzzles', priority: 8, weight: 1 },
    ...{
      title: 'Pocket puzzles',
      content: 'A puzzle for each stop. On phones.',
      platform: ['android', 'ios'],
    },
    click_url: 'https://example.com/pocket-puzzles',
  },
  {
    ...{ external_id: 'adtally-demo/house', priority: 16 },
    ...{ title: 'Your ad here', content: 'A house ad: it shows when nothing else does.' },
    click_url: 'https://example.com/advertise',
  },
] as const;

export const demoAdsCount = demoAds.length;

/**
 * Creates the ads, or makes those that are there as they were; they end in a day. Resolves to a token, with which
 * a decision knows them. Rejects with a CallError.
 */
export async function createDemoAds(): Promise<string | undefined> {
  const [start, end] = [-behindMs, aheadMs].map((ms) => new Date(Date.now() + ms).toISOString());
  const ads = demoAds.map((ad) => ({ ...ad, start_at: start, end_at: end }));
  const { headers } = await call({
    method: 'POST',
    address: 'api/v1/ads:import',
    headers: { prefer: 'wait=5' },
    body: { ads },
  });
  return headers.get('consistency-token') ?? undefined;
}
