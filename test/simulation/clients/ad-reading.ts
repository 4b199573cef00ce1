import { adCountries } from '../../support/ad-builder.ts';
import { note, noteIn, pickNote, type AdNotebook } from './ad-notebook.ts';
import type { ClientWorld } from './client.ts';

const pagesMax = 5;

/** Asks which ads somebody gets, page after page. */
export async function queryAds(world: ClientWorld, notes: AdNotebook): Promise<void> {
  const { prng } = world;
  const filter = [
    ...(prng.chance(0.3) ? [`age=${prng.chance(0.1) ? 'unknown' : prng.int(1, 120)}`] : []),
    ...(prng.chance(0.3) ? [`country=${prng.pick([...adCountries, 'XK', 'T1', 'unknown'])}`] : []),
    ...(prng.chance(0.3) ? [`gender=${prng.pick(['M', 'F', 'unknown'])}`] : []),
    ...(prng.chance(0.3) ? [`platform=${prng.pick(['ios', 'android', 'web', 'unknown'])}`] : []),
  ];
  filter.push(...drawConsistency(prng));
  if (prng.chance(0.1)) {
    const target = ['/api/v1/ad/explain', ...(filter.length > 0 ? [filter.join('&')] : [])].join('?');
    await world.request({ method: 'GET', target, headers: drawTokens(world, notes) });
  }
  const limit = prng.pick([1, 2, 3, 10, 100]);
  for (let page = 0; page < prng.int(1, pagesMax) && world.open; page += 1) {
    const place = page === 0 && prng.chance(0.5) ? [] : [`offset=${page * limit}`, `limit=${limit}`];
    const query = [...filter, ...place].join('&');
    const total = await queryOnce(world, notes, query === '' ? '/api/v1/ad' : `/api/v1/ad?${query}`);
    if (total === undefined || total <= (page + 1) * limit) return;
  }
}

/** How many there are in all; undefined: no answer with a number. */
async function queryOnce(world: ClientWorld, notes: AdNotebook, target: string): Promise<number | undefined> {
  const { prng } = world;
  const tag = prng.chance(0.5) ? notes.tags.get(target) : undefined;
  const method = prng.chance(0.05) ? 'HEAD' : 'GET';
  const headers = { ...drawTokens(world, notes), ...(tag !== undefined && { 'if-none-match': tag }) };
  const answer = await world.request({ method, target, headers });
  if (answer === 'gave-up' || answer.status !== 200) return undefined;
  noteIn(notes.tags, target, answer.headers.etag);
  note(notes.tokens, answer.headers['consistency-token']);
  return answer.body === '' ? undefined : (JSON.parse(answer.body) as { total: number }).total;
}

export async function readAd(world: ClientWorld, notes: AdNotebook): Promise<void> {
  const { prng } = world;
  const adId = pickNote(prng, notes.ads);
  if (adId === undefined) return;
  const tag = prng.chance(0.3) ? notes.versions.get(adId) : undefined;
  const headers = { ...drawTokens(world, notes), ...(tag !== undefined && { 'if-none-match': tag }) };
  const query = [...drawConsistency(prng), ...(prng.chance(0.3) ? ['include=ended'] : [])].join('&');
  const answer = await world.request({
    method: prng.chance(0.05) ? 'HEAD' : 'GET',
    target: `/api/v1/ad/${adId}${query === '' ? '' : `?${query}`}`,
    headers,
  });
  if (answer !== 'gave-up' && answer.status === 200) noteIn(notes.versions, adId, answer.headers.etag);
}

/** Lists all live ads, or those that have ended, page by page, and asks for every second page with an ad in each line. */
export async function listAds(world: ClientWorld, notes: AdNotebook): Promise<void> {
  const limit = world.prng.pick([1, 3, 10, 100]);
  const status = world.prng.chance(0.3) ? '&status=ended' : '';
  let cursor = '';
  for (let page = 0; page < pagesMax && world.open; page += 1) {
    const consistency = drawConsistency(world.prng).map((one) => `&${one}`);
    const target = `/api/v1/ads?limit=${limit}${status}${cursor}${consistency.join('')}`;
    const inLines = page % 2 === 1;
    const headers = { ...drawTokens(world, notes), ...(inLines && { accept: 'application/x-ndjson' }) };
    const answer = await world.request({ method: 'GET', target, headers });
    if (answer === 'gave-up' || answer.status !== 200) return;
    const next = inLines
      ? answer.headers['next-cursor']
      : (JSON.parse(answer.body) as { next_cursor: string | null }).next_cursor;
    if (next === undefined || next === null) return;
    cursor = `&cursor=${next}`;
  }
}

/** What no sound client asks. */
export async function askNonsense(world: ClientWorld): Promise<void> {
  const [method, target] = world.prng.pick<readonly [string, string]>([
    ['GET', '/api/v1/ad?age=0'],
    ['GET', '/api/v1/ad?age=1&age=2'],
    ['GET', '/api/v1/ad?limit=101'],
    ['GET', '/api/v1/ad?consistency=sure'],
    ['GET', '/api/v1/ad?country=tw&colour=red'],
    ['GET', '/api/v1/ad/not-an-id'],
    ['GET', '/api/v1/ads?cursor=stolen'],
    ['GET', '/api/v1/nothing'],
    ['GET', '/api/v1/ad/%E0%A4%A'],
    ['PUT', '/api/v1/ad'],
    ['DELETE', '/api/v1/ads'],
    ['OPTIONS', '/api/v1/ad'],
    ['GET', '/health'],
    ['GET', '/openapi.json'],
    ['GET', '/docs'],
  ]);
  await world.request({ method, target });
}

/** Most readers ask for nothing, and so for an eventual answer. */
function drawConsistency(prng: ClientWorld['prng']): readonly string[] {
  return prng.chance(0.25) ? [`consistency=${prng.chance(0.8) ? 'strong' : 'eventual'}`] : [];
}

function drawTokens({ prng }: ClientWorld, { tokens }: AdNotebook): Record<string, string> {
  if (tokens.length === 0 || !prng.chance(0.4)) return {};
  const some = [prng.pick(tokens), ...(prng.chance(0.3) ? [prng.pick(tokens)] : [])];
  return { 'consistency-token': some.join(', ') };
}
