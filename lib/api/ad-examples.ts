/** The example ad of the documentation. It ends in 2036. */
export const adInputExample = {
  title: 'Tea time',
  content: 'Two for one',
  start_at: '2026-01-01T00:00:00Z',
  end_at: '2036-01-01T00:00:00Z',
  age_start: 18,
  age_end: 35,
  gender: ['F'],
  country: ['JP', 'TW'],
  platform: ['ios'],
} as const;

const id = '01a0c8f2-5a00-7f6e-9d4c-2b1f3c5d7e90';

export const adExample = {
  id,
  ...adInputExample,
  start_at: '2026-01-01T00:00:00.000Z',
  end_at: '2036-01-01T00:00:00.000Z',
  version: 1,
  created_at: '2026-01-01T00:00:00.000Z',
} as const;

/** The answer before the ad is applied. */
export const adWaitingExample = {
  id,
  ...adInputExample,
  start_at: adExample.start_at,
  end_at: adExample.end_at,
  version: null,
} as const;
