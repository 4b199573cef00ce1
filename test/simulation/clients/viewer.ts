import { adCountries } from '../../support/ad-builder.ts';
import type { Prng } from '../../support/prng.ts';
import type { HttpAnswer } from '../audit/auditor.ts';
import type { AdNotebook } from './ad-notebook.ts';
import type { Client, ClientWorld } from './client.ts';
import { hex } from './increment-operation.ts';
import { report, reportAll, type ShownAd, type ViewerNotes } from './viewer-reports.ts';

export type Asking = Pick<ClientWorld, 'prng' | 'request' | 'sleep' | 'now'>;

const shownKept = 60;
const keyedKept = 5;
/** Keys and tokens that are older mean nothing for certain: a pause of hours may lie between. */
const usedWithinMs = 30 * 60_000;

export function createViewerNotes(): ViewerNotes {
  return { shown: [], tokens: [], keyed: [] };
}

/**
 * Pages and servers that ask for ads, show them, and report what becomes of them: at once, late, again, never, in
 * batches, as robots and prefetched pages, and with what they have forged.
 */
export function createViewer(notes: ViewerNotes, ads: AdNotebook): Client {
  return async (world) => {
    const { prng } = world;
    const pauseMs = prng.pick([100, 400, 1500]);
    while (world.open) {
      await world.sleep(prng.int(1, 2 * pauseMs));
      const what = prng.int(1, 20);
      if (what <= 7 || notes.shown.length === 0) await decide(world, notes, ads);
      else if (what <= 14) await report(world, notes, prng.pick(notes.shown));
      else if (what <= 16) await reportAll(world, notes, drawShown(prng, notes));
      else if (what <= 19) await readNumbers(world, notes);
      else await explain(world, ads);
    }
  };
}

/**
 * What is reported long after: some of it just counts, some is too old by the clock of the server that is asked.
 * Meanwhile new decisions are made, by a new key if there is one.
 */
export async function reportLate(world: Asking, notes: ViewerNotes, ads: AdNotebook): Promise<void> {
  const { prng } = world;
  for (const shown of prng.sample(notes.shown, Math.min(3, notes.shown.length)))
    await report(world, notes, shown);
  await decide(world, notes, ads);
  await reportAll(world, notes, drawShown(prng, notes));
}

function drawShown(prng: Prng, { shown }: ViewerNotes): readonly ShownAd[] {
  const count = prng.chance(0.1) ? prng.int(10, 40) : prng.int(1, 6);
  // With repetitions, also within a batch.
  return shown.length === 0 ? [] : Array.from({ length: count }, () => prng.pick(shown));
}

async function decide(world: Asking, notes: ViewerNotes, ads: AdNotebook): Promise<void> {
  const { prng } = world;
  const isKeyed = prng.chance(0.3);
  const past = notes.keyed.filter(({ atMs }) => world.now() - atMs < usedWithinMs);
  const again = isKeyed && past.length > 0 && prng.chance(0.3) ? prng.pick(past) : undefined;
  const body = again?.body ?? drawBody(prng, ads);
  const trace = again?.trace ?? hex(prng, 4);
  const key = isKeyed ? (again?.key ?? `decision-${hex(prng, 2)}`) : undefined;
  const send = () => ask(world, { body, trace, key, tokens: again === undefined ? ads.tokens : [] });
  if (key !== undefined && again === undefined) {
    notes.keyed.push({ key, body, trace, atMs: world.now() });
    notes.keyed.splice(0, notes.keyed.length - keyedKept);
  }
  // Whichever of two tries is answered first is shown before the other one is answered.
  const tries = key === undefined ? 1 : prng.pick([1, 1, 2, 3]);
  await Promise.all(
    Array.from({ length: tries }, async (_, index) => {
      if (index > 0) await world.sleep(prng.int(0, 3000));
      const answer = await send();
      if (answer !== 'gave-up' && answer.status === 200) await show(world, notes, answer);
    }),
  );
}

/** Shows what was decided; some of it is seen at once. */
async function show(world: Asking, notes: ViewerNotes, { body }: HttpAnswer): Promise<void> {
  const { prng } = world;
  const shown = shownIn(body);
  notes.shown.push(...shown);
  notes.shown.splice(0, notes.shown.length - shownKept);
  for (const one of shown.slice(0, 3)) {
    if (prng.chance(0.6)) await report(world, notes, one);
  }
}

interface Answered {
  readonly decisions: readonly {
    readonly ads: readonly {
      readonly id: string;
      readonly decision: { readonly token: string; readonly click_url?: string };
    }[];
  }[];
}

export function shownIn(body: string): readonly ShownAd[] {
  const { decisions } = JSON.parse(body) as Answered;
  return decisions.flatMap(({ ads }) =>
    ads.map(({ id, decision: { token, click_url: clickUrl } }) => {
      const { pathname, search } = new URL(clickUrl ?? 'http://none.example/');
      return { adId: id, token, ...(clickUrl !== undefined && { click: pathname + search }) };
    }),
  );
}

export function ask(
  { prng, request }: Asking,
  {
    body,
    trace,
    key,
    tokens,
  }: { body: string; trace: string; key: string | undefined; tokens: readonly string[] },
): Promise<HttpAnswer | 'gave-up'> {
  const isPatient = prng.chance(0.95);
  const headers = {
    'content-type': 'application/json',
    traceparent: `00-${trace}-${hex(prng, 2)}-01`,
    ...(key !== undefined && { 'idempotency-key': key }),
    ...(key === undefined &&
      tokens.length > 0 &&
      prng.chance(0.2) && { 'consistency-token': prng.pick(tokens) }),
  };
  return request(
    { method: 'POST', target: '/api/v1/decisions', headers, body },
    isPatient ? {} : { patienceMs: prng.int(10, 3000) },
  );
}

async function explain(world: Asking, ads: AdNotebook): Promise<void> {
  const { prng } = world;
  const asked = JSON.parse(drawBody(prng, ads)) as Record<string, unknown>;
  delete asked['count'];
  const ad = ads.ads.length === 0 ? undefined : prng.pick(ads.ads);
  await world.request({
    method: 'POST',
    target: '/api/v1/decisions/explain',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...asked, ...(ad !== undefined && { ad }) }),
  });
}

/** Who looks, and which places are empty: mostly one, sometimes ten. */
function drawBody(prng: Prng, { ads }: AdNotebook): string {
  const places = prng.pick([1, 1, 1, 2, 3, 10]);
  const excluded = prng.chance(0.3) ? prng.sample(ads, prng.int(0, Math.min(3, ads.length))) : [];
  const campaigns = prng.chance(0.2)
    ? prng.sample(['autumn', 'ünï "4"', '7', 'no such'], prng.int(1, 2))
    : [];
  return JSON.stringify({
    ...(prng.chance(0.6) && { user: `person ${prng.int(1, 2)}` }),
    ...(prng.chance(0.25) && { age: prng.chance(0.1) ? 'unknown' : prng.int(1, 120) }),
    ...(prng.chance(0.25) && { country: prng.pick([...adCountries, 'T1', 'unknown']) }),
    ...(prng.chance(0.25) && { gender: prng.pick(['M', 'F', 'unknown']) }),
    ...(prng.chance(0.25) && { platform: prng.pick(['ios', 'android', 'web', 'unknown']) }),
    placements: Array.from({ length: places }, (_, index) => ({
      id: `place/${index}`,
      ...(prng.chance(0.6) && { count: prng.int(1, places > 3 ? 2 : 5) }),
    })),
    ...(excluded.length + campaigns.length > 0 && {
      exclude: {
        ...(excluded.length > 0 && { ads: excluded }),
        ...(campaigns.length > 0 && { campaigns }),
      },
    }),
    ...(prng.chance(0.4) && { count: prng.chance(0.8) ? 'served' : 'beacon' }),
  });
}

/** Reads the numbers of an ad, mostly with the tokens of what was reported. */
export async function readNumbers({ prng, request, now }: Asking, notes: ViewerNotes): Promise<void> {
  const { adId } = prng.pick(notes.shown);
  const fresh = notes.tokens.filter(({ atMs }) => now() - atMs < usedWithinMs).map(({ token }) => token);
  const tokens = prng.chance(0.6) ? prng.sample(fresh, Math.min(2, fresh.length)) : [];
  const target = prng.chance(0.8)
    ? `/api/v1/ad/${adId}/delivery?bucket=${prng.pick(['minute', 'hour', 'day'])}`
    : `/api/v1/delivery?campaign_id=${prng.pick(['autumn', '7', 'autumn&status=ended', '7&status=ended'])}`;
  await request({
    method: 'GET',
    target,
    headers: tokens.length === 0 ? {} : { 'consistency-token': tokens.join(', ') },
  });
}
