import { Prng } from '../support/prng.ts';

const countries = ['TW', 'JP', 'DE', 'US', 'BR', 'FR'];
const products = [
  'Tea time',
  'Running shoes',
  'Night bus',
  'Concert tickets',
  'City bikes',
  'Bakery',
  'Rain coats',
];

export interface Traffic {
  stop(): Promise<void>;
}

const json = { 'content-type': 'application/json' };

/** Ads that begin and end around now, some of them with these titles. */
export async function createAds(url: string, count: number, titles: readonly string[] = []): Promise<void> {
  const prng = new Prng(1);
  const hourMs = 3_600_000;
  for (let i = 0; i < count; i += 1) {
    const startMs = Date.now() + prng.int(-72, 24) * hourMs;
    const endMs = Math.max(startMs, Date.now()) + prng.int(2, 120) * hourMs;
    const from = prng.int(16, 40);
    const body = {
      title: titles[i] ?? `${prng.pick(products)} ${i + 1}`,
      content: 'An ad of the tests.',
      ...{ start_at: new Date(startMs).toISOString(), end_at: new Date(endMs).toISOString() },
      ...(prng.chance(0.7) && { age_start: from, age_end: from + prng.int(5, 30) }),
      ...(prng.chance(0.4) && { gender: [prng.pick(['F', 'M'])] }),
      ...(prng.chance(0.6) && { country: [...new Set([prng.pick(countries), prng.pick(countries)])] }),
      ...(prng.chance(0.3) && { platform: [prng.pick(['ios', 'android', 'web'])] }),
    };
    const answer = await fetch(`${url}/api/v1/ad`, {
      ...{ method: 'POST', headers: { ...json, prefer: 'wait=5' }, body: JSON.stringify(body) },
    });
    if (answer.status !== 201) throw new Error(`an ad was answered ${answer.status}: ${await answer.text()}`);
  }
}

/** Adds to a few hot keys and many others, and reads ads and counters, until it is stopped. */
export function startTraffic(url: string, keys: readonly string[] = []): Traffic {
  const prng = new Prng(2);
  const stopping = new AbortController();
  const names = [
    ...keys,
    ...Array.from({ length: 60 }, (_, i) => `ad-${i + 1}/${i % 3 === 0 ? 'clicks' : 'views'}`),
  ];
  /** Zipf-like: the first name comes most often. */
  const pick = (): string =>
    names[Math.min(names.length - 1, Math.floor(names.length ** (prng.int(0, 9999) / 10000)) - 1)] ?? 'k';
  const turn = async (): Promise<void> => {
    const increments = Array.from({ length: prng.int(20, 60) }, () => ({ key: pick(), value: 1 }));
    const all = [
      fetch(`${url}/api/v1/increments`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ increments }),
      }),
      fetch(`${url}/api/v1/ad?age=${prng.int(16, 60)}&country=${prng.pick(countries)}`),
      fetch(`${url}/api/v1/counters/${encodeURIComponent(pick())}`),
      ...(prng.chance(0.05)
        ? [fetch(`${url}/increment`, { method: 'POST', headers: json, body: '{}' })]
        : []),
    ];
    for (const answer of await Promise.all(all)) await answer.arrayBuffer();
  };
  const isStopping = (): boolean => stopping.signal.aborted;
  const loop = (async () => {
    while (!isStopping()) {
      await turn();
      await new Promise((resolve) => setTimeout(resolve, prng.int(10, 50)));
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
