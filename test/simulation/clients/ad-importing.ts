import { drawAd, spoil, type AdBody } from './ad-bodies.ts';
import { fulfil } from './ad-writing.ts';
import { note, pickNote, type AdNotebook } from './ad-notebook.ts';
import type { ClientWorld } from './client.ts';
import { hex } from './increment-operation.ts';

const target = '/api/v1/ads:import';
const triesMax = 4;
const adsMax = 6;

/** Few, so that importers and editors meet on them. */
const externalIds = ['x', 'X', 'shop/1', 'ünï "4"', '5', '6', '7', '😀'];

/** Files that importers have sent, and send again. */
export type SentImports = AdBody[][];
const filesMax = 10;

/** Imports a file: a new one, or one that was sent before. */
export async function importAds(world: ClientWorld, notes: AdNotebook, sent: SentImports): Promise<void> {
  const { prng } = world;
  const again = sent.length > 0 && prng.chance(0.4) ? prng.pick(sent) : undefined;
  const file = again ?? drawFile(world);
  sent.push(file);
  sent.splice(0, sent.length - filesMax);
  await sendFile(world, notes, file);
}

/** Two importers at once, whose files have external ids in common. */
export async function raceImports(world: ClientWorld, notes: AdNotebook): Promise<void> {
  const file = drawFile(world);
  const other = drawFile(world);
  await Promise.all([sendFile(world, notes, file), sendFile(world, notes, world.prng.pick([file, other]))]);
}

/** Gives an ad an external id, or takes it away, beside the imports; or deletes an ad. */
export async function nameAd(world: ClientWorld, notes: AdNotebook): Promise<void> {
  const { prng } = world;
  const headers = {
    ...(prng.chance(0.5) && { prefer: `wait=${prng.int(1, 5)}` }),
    ...(prng.chance(0.5) && { 'idempotency-key': hex(prng, 4) }),
  };
  const adId = pickNote(prng, notes.ads);
  const externalId = prng.pick(externalIds);
  if (adId === undefined || prng.chance(0.3)) {
    const body = {
      ...drawAd(prng, world.now(), { large: false, goals: world.goals }),
      external_id: externalId,
    };
    await fulfil(world, notes, { method: 'POST', target: '/api/v1/ad', body, headers });
    return;
  }
  const own = `/api/v1/ad/${adId}`;
  if (prng.chance(0.4)) {
    await fulfil(world, notes, { method: 'DELETE', target: own, headers: {} });
    return;
  }
  const body = { external_id: prng.chance(0.3) ? null : externalId };
  await fulfil(world, notes, { method: 'PATCH', target: own, body, headers });
}

function drawFile(world: ClientWorld): AdBody[] {
  const { prng } = world;
  const names = prng.sample(externalIds, prng.int(1, adsMax));
  const ads = names.map((name) => ({
    ...drawAd(prng, world.now(), { large: false, goals: world.goals }),
    external_id: name,
  }));
  const [first] = ads;
  if (first !== undefined && prng.chance(0.04)) return [...ads, first];
  return first !== undefined && prng.chance(0.04) ? [spoil(prng, first), ...ads.slice(1)] : ads;
}

/** Sends it until it is answered: with a key or without, a repeated import doubles nothing. */
async function sendFile(world: ClientWorld, notes: AdNotebook, ads: readonly AdBody[]): Promise<void> {
  const { prng } = world;
  const headers = {
    'content-type': 'application/json',
    ...(prng.chance(0.6) && { prefer: `wait=${prng.int(1, 5)}` }),
    ...(prng.chance(0.5) && { 'idempotency-key': hex(prng, 4) }),
  };
  const trace = hex(prng, 4);
  const triesAtMost = prng.int(1, triesMax);
  for (let tries = 1; tries <= triesAtMost && world.open; tries += 1) {
    if (tries > 1) await world.sleep(prng.int(1, 400) * 2 ** tries);
    const traceparent = `00-${trace}-${hex(prng, 2)}-01`;
    const body = JSON.stringify({ ads });
    const answer = await world.request({
      method: 'POST',
      target,
      headers: { ...headers, traceparent },
      body,
    });
    if (answer === 'gave-up' || answer.status >= 500 || answer.status === 207) continue;
    if (answer.status < 300) {
      note(notes.tokens, answer.headers['consistency-token']);
      const { ads: told = [] } = JSON.parse(answer.body) as { ads?: { id: string | null }[] };
      for (const { id } of told) if (id !== null && !notes.ads.includes(id)) note(notes.ads, id);
    }
    if (!prng.chance(0.15)) return;
  }
}
