import type { Prng } from '../../support/prng.ts';
import type { GoalStage } from './goal-stage.ts';
import type { Tally } from './tally.ts';

export interface VisitorsOptions {
  /** Requests a second at an instant, milliseconds since the stage began. */
  readonly perSecond: (elapsedMs: number) => number;
  /** When the last one comes. */
  readonly untilMs: number;
  /** Who asks. */
  readonly who: (prng: Prng) => Viewer;
  /** A part of the decisions, 0 to 1, is seen. */
  readonly seenShare: number;
  /** A part of the impressions, 0 to 1, is reported twice. */
  readonly replayShare: number;
}

/** Of the body of a request for decisions. */
export interface Viewer {
  readonly country?: string;
  readonly user?: string;
}

/** From the answer to the report, on average. */
const lookMs = 4000;
const pixelHeaders = {
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0',
};
const host = 'ads.example';
const decideHeaders = { 'Content-Type': 'application/json', Host: host };

interface Decided {
  readonly decisions: readonly {
    readonly ads: readonly {
      readonly id: string;
      readonly decision: { readonly impression_url: string };
    }[];
  }[];
}

/** Sets off pages that ask for one ad each and report what is seen. They come at random, and wait for nobody. */
export function startVisitors(stage: GoalStage, tally: Tally, options: VisitorsOptions): void {
  const { kernel } = stage;
  const prng = kernel.fork('visitors');
  const next = (): void => {
    const gapMs = (-Math.log(1 - prng.float()) * 1000) / options.perSecond(kernel.elapsedMs);
    kernel.after(gapMs, () => {
      if (kernel.elapsedMs >= options.untilMs) return;
      void kernel.spawn(() => visit(stage, tally, { ...options, prng }));
      next();
    });
  };
  next();
}

async function visit(
  stage: GoalStage,
  tally: Tally,
  { who, seenShare, replayShare, prng }: VisitorsOptions & { readonly prng: Prng },
): Promise<void> {
  const { kernel } = stage;
  const viewer = who(prng);
  const body = { ...viewer, placements: [{ id: 'top' }] };
  const isSeen = prng.chance(seenShare);
  const times = prng.chance(replayShare) ? 2 : 1;
  const looksMs = -Math.log(1 - prng.float()) * lookMs;
  const fromMs = kernel.nowMs();
  const path = '/api/v1/decisions';
  const answer = await stage.decide({
    ...{ method: 'POST', path, principal: 'pages', headers: decideHeaders, body },
  });
  tally.asked(answer.asked);
  if (answer.status !== 200) {
    tally.failed(answer);
    return;
  }
  const { decisions } = JSON.parse(answer.body) as Decided;
  const [ad] = decisions.flatMap(({ ads }) => ads);
  if (ad === undefined) return;
  tally.decided(ad.id, { user: viewer.user, fromMs, untilMs: kernel.nowMs() });
  if (!isSeen) return;
  await kernel.sleep(looksMs);
  const { impression_url: url } = ad.decision;
  const pixel = url.slice(url.indexOf(host) + host.length);
  for (let time = 0; time < times; time += 1) {
    const { status } = await stage.track({ path: pixel, headers: pixelHeaders });
    if (status === 200) tally.acknowledged(ad.id);
    else if (status !== 410) tally.failed({ status, body: '' });
  }
}
