import type { Prng } from '../../support/prng.ts';
import type { AdNotebook } from './ad-notebook.ts';
import type { Client } from './client.ts';
import type { GoalNotes } from './goal-editor.ts';
import { hex } from './increment-operation.ts';
import { ask, readNumbers, shownIn, type Asking } from './viewer.ts';
import { report, reportAll, reportSeen, type ShownAd } from './viewer-reports.ts';

const shownKept = 100;
/** Pages that open at the same instant, so that several containers ask for rights. */
const burstMax = 8;

/**
 * Pages that show ads with goals, often many at once. Most of what they show is seen and reported, some of it late. They
 * read how far the goals are.
 */
export function createGoalViewer(notes: GoalNotes): Client {
  return async (world) => {
    const { prng } = world;
    const { shown } = notes.viewers;
    const pauseMs = prng.pick([50, 200, 600]);
    const seenShare = prng.pick([0.4, 0.8, 1]);
    while (world.open) {
      await world.sleep(prng.int(1, 2 * pauseMs));
      const what = prng.int(1, 20);
      if (what <= 14 || shown.length === 0) await look(world, notes, { seenShare });
      else if (what <= 16) {
        // At times all are of one person, whose caps they share.
        const one = prng.chance(0.5) ? { user: person(prng) } : {};
        const pages = Array.from({ length: prng.int(2, burstMax) }, () =>
          look(world, notes, { seenShare, ...one }),
        );
        await Promise.all(pages);
      } else if (what <= 19) await report(world, notes.viewers, prng.pick(shown));
      else if (prng.chance(0.5)) await readNumbers(world, notes.viewers);
      else await reportAll(world, notes.viewers, prng.sample(shown, Math.min(5, shown.length)));
    }
  };
}

function person(prng: Prng): string {
  return `person ${prng.int(1, 3)}`;
}

async function look(
  world: Asking,
  notes: GoalNotes,
  { seenShare, user }: { readonly seenShare: number; readonly user?: string },
): Promise<void> {
  const { prng } = world;
  const served = prng.chance(0.25);
  const found = await decide(world, notes.ads, {
    ...(user === undefined ? prng.chance(0.5) && { user: person(prng) } : { user }),
    ...(served && { count: 'served' as const }),
    wanted: prng.pick([1, 1, 2, 4]),
  });
  const { shown } = notes.viewers;
  shown.push(...found);
  shown.splice(0, shown.length - shownKept);
  if (served) return;
  for (const one of found) if (prng.chance(seenShare)) await reportSeen(world, one);
}

export interface Look {
  readonly user?: string;
  readonly count?: 'served';
  /** Ads for the one place of the page. */
  readonly wanted: number;
}

/** What is shown; nothing if the request fails. */
export async function decide(
  world: Asking,
  { tokens }: Pick<AdNotebook, 'tokens'>,
  { wanted, ...some }: Look,
): Promise<readonly ShownAd[]> {
  // Who calls depends on what is asked for, and some callers may not name users.
  const id = `goal/${world.prng.int(1, 999)}`;
  const body = JSON.stringify({ ...some, placements: [{ id, count: wanted }] });
  const answer = await ask(world, { body, trace: hex(world.prng, 4), key: undefined, tokens });
  return answer === 'gave-up' || answer.status !== 200 ? [] : shownIn(answer.body);
}
