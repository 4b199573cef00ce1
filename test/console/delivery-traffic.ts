const json = { 'content-type': 'application/json' };

/** Chromium without a window names itself a robot; this is the name of one with a window. */
export const personsAgent =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

/** Creates an ad that has started and ends in a day, with these fields; resolves to its id. */
export async function createDeliveredAd(url: string, fields: object): Promise<string> {
  const [start, end] = [-60_000, 86_400_000].map((ms) => new Date(Date.now() + ms).toISOString());
  const body = JSON.stringify({ content: 'An ad of the tests.', start_at: start, end_at: end, ...fields });
  const answer = await fetch(`${url}/api/v1/ad`, {
    ...{ method: 'POST', headers: { ...json, prefer: 'wait=5' }, body },
  });
  if (answer.status !== 201) throw new Error(`an ad was answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { readonly id: string }).id;
}

interface Decided {
  readonly id: string;
  readonly decision: { readonly impression_url: string; readonly click_url?: string };
}

/** One decision for one placement; undefined: there is no ad. */
export async function decideOne(url: string, audience: object = {}): Promise<Decided | undefined> {
  const answer = await fetch(`${url}/api/v1/decisions`, {
    ...{ method: 'POST', headers: json, body: JSON.stringify({ ...audience, placements: [{ id: 'test' }] }) },
  });
  const { decisions } = (await answer.json()) as {
    readonly decisions: readonly { readonly ads: Decided[] }[];
  };
  return decisions[0]?.ads[0];
}

/** Asks for a beacon's or a link's address as a browser does. */
export async function report(
  address: string | undefined,
  headers: Record<string, string> = {},
): Promise<void> {
  const answer = await fetch(address ?? '', {
    ...{ redirect: 'manual', headers: { 'user-agent': personsAgent, ...headers } },
  });
  if (answer.status >= 400) throw new Error(`a report was answered ${answer.status}`);
}
