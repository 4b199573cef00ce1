import type { AdFilter } from '../../../lib/core/ads/ad-filter.ts';
import type { StageSettings } from '../../../lib/stages.ts';
import type { AdTruth } from './ad-commits.ts';
import type { ModelAd } from './ad-model.ts';
import { isShown, isTargeted, showAd } from './ad-show.ts';
import type { Answered } from './answered.ts';
import {
  epochLengthMs,
  epochOf,
  parseDecisionToken,
  reportedUntilMs,
  type AuditedToken,
  type SigningKeyBook,
  type Stretch,
} from './decision-tokens.ts';
import { CappedDecisions } from './capped-decisions.ts';
import { demand } from './demand.ts';

export interface DecisionsOptions {
  readonly truth: AdTruth;
  readonly settings: StageSettings;
  readonly keys: SigningKeyBook;
  /** By how much the clock of a container may differ from the true time, either way, milliseconds. */
  readonly clocksOffMaxMs: number;
}

interface Asked extends AdFilter {
  readonly user?: string;
  readonly placements: readonly { readonly id: string; readonly count?: number }[];
  readonly exclude?: { readonly ads?: readonly string[]; readonly campaigns?: readonly string[] };
  readonly count?: 'beacon' | 'served';
  /** To be explained. */
  readonly ad?: string;
}

interface Links {
  readonly token: string;
  readonly expires_at: string;
  readonly impression_url?: string;
  readonly click_url?: string;
}

interface DecidedAd extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly decision: Links;
}

interface Decided {
  readonly decisions: readonly { readonly placement: string; readonly ads: readonly DecidedAd[] }[];
  readonly left_out?: number;
}

/** An answer under a key, and since when the key has been in use. */
interface Keyed {
  readonly sinceMs: number;
  body: string | undefined;
}

/** A request that was sent earlier, under the same key, may end later: gateways wait so long. */
const underWayMaxMs = 40_000;

const answerBytesMax = 256 * 1024;

/** A key stands for one request so long, less what two clocks may be apart. */
const keyLifeMs = 24 * 3_600_000 - 15 * 60_000;

/**
 * Predicts decisions from the ads at the version that an answer names (G14): who may be chosen, in which order of
 * priorities, and how many. Whom of a priority the draw favours, it leaves to the draw.
 */
export class Decisions {
  readonly #options: DecisionsOptions;
  /** By token: the exchange or the key that it was first seen with. */
  readonly #signed = new Map<string, string>();
  readonly #keyed = new Map<string, Keyed>();
  readonly #capped: CappedDecisions;
  decided = 0;
  explained = 0;

  constructor(options: DecisionsOptions) {
    this.#options = options;
    this.#capped = new CappedDecisions(options.settings.delivery.impressionMinutes);
  }

  /** Every request, also one that nobody answered: its key is in use from then on. */
  asked({ request, principal, sentAtMs }: Pick<Answered, 'request' | 'principal' | 'sentAtMs'>): void {
    const name = keyName(request, principal);
    if (name === undefined) return;
    const known = this.#keyed.get(name);
    if (known !== undefined && sentAtMs - known.sinceMs < keyLifeMs) return;
    this.#keyed.set(name, { sinceMs: sentAtMs, body: undefined });
  }

  /** Whether the catalog of the answer is that of this exchange: under a key it may be of an earlier run. */
  static isOfThisRun({ request }: Answered): boolean {
    return request.headers['idempotency-key'] === undefined;
  }

  check(exchange: Answered, version: number): void {
    const { request, answer, principal } = exchange;
    this.decided += 1;
    const asked = JSON.parse(request.body ?? '') as Asked;
    const decided = JSON.parse(answer.body) as Decided;
    const facts = () => ({ version, exchange });
    const isServed = asked.count === 'served';
    const name = keyName(request, principal);
    const needsCaller = isServed || asked.user !== undefined;
    demand(principal !== 'anonymous' || !needsCaller, 'G8', 'a decision that needs a caller has none', facts);
    demand(answer.headers['cache-control'] === 'no-store', 'G14', 'a cache may keep a decision', facts);
    demand(Buffer.byteLength(answer.body) <= answerBytesMax, 'G9', 'a decision is too long', facts);
    if (name !== undefined) this.#checkSame(name, exchange);

    const tokens = decided.decisions.flatMap(({ placement, ads }) =>
      ads.map((ad) =>
        this.#checkToken(exchange, { placement, ad, isServed, source: name ?? `${exchange.id}` }),
      ),
    );
    const chosen = decided.decisions.flatMap(({ ads }) => ads.map(({ id }) => id));
    const live = this.#options.truth.history.liveAt(version);
    for (const ad of decided.decisions.flatMap(({ ads }) => ads)) {
      const { decision, ...shown } = ad;
      const known = live.find(({ id }) => id === ad.id);
      const isRight = known !== undefined && JSON.stringify(shown) === showAd(known);
      demand(isRight, 'G14', 'a decision shows an ad as it is not', () => ({ decision, known, ...facts() }));
      checkLinks(known, ad, { isServed, keys: this.#options.keys });
      const signed = parseDecisionToken(decision.token)?.generation ?? -1;
      const ahead = signed - (known.generation ?? 0);
      demand(ahead >= 0 && ahead % 2 === 0, 'G11', 'a decision is of another generation', () => ({
        ...{ known, signed, ...facts() },
      }));
    }
    checkPlacements(asked, decided, exchange);
    if (asked.user !== undefined) {
      for (const token of tokens) {
        const ad = live.find(({ id }) => id === token.ad);
        if (ad !== undefined) this.#capped.add(asked.user, ad, token);
      }
    }

    const instants = instantsOf(live, this.#stretchOf(exchange, { isServed, tokens }));
    const faults = instants.map((atMs) =>
      lotteryFault(candidates(live, asked, atMs), asked, chosen, decided),
    );
    demand(faults.includes(undefined), faults[0]?.invariant ?? 'G14', faults[0]?.message ?? '', () => ({
      ...{
        instants,
        faults,
        chosen,
        candidates: candidates(live, asked, instants[0] ?? 0).map(({ id }) => id),
      },
      ...facts(),
    }));
  }

  /** An explanation counts the ads of each priority, and names what keeps one from being chosen. */
  checkExplained({ request, answer }: Answered, version: number): void {
    this.explained += 1;
    const asked = JSON.parse(request.body ?? '') as Asked;
    const found = JSON.parse(answer.body) as {
      readonly at: string;
      readonly live: number;
      readonly priorities: readonly ExplainedPriority[];
      readonly ad: { readonly excluded_by: string | null } | null;
    };
    const live = this.#options.truth.history.liveAt(version);
    const atMs = Date.parse(found.at);
    const wanted = explain(live, asked, atMs);
    const isRight =
      found.live === live.length &&
      found.priorities.length === wanted.length &&
      found.priorities.every((one, index) => isExplained(one, wanted[index], asked));
    demand(isRight, 'G14', 'an explanation miscounts', () => ({ version, request, wanted, found }));
    if (asked.ad === undefined) return;
    const named = found.ad?.excluded_by ?? null;
    const own = live.find(({ id }) => id === asked.ad);
    // Whether the user has had it often enough, and what its ledger has, is not known here.
    const isFull = named === 'capped' && own !== undefined && mayBeCapped(own, asked);
    const isOfGoal = (named === 'done' || named === 'waiting') && own?.goal !== undefined;
    // Goals are looked at before caps.
    const isForUsers = own !== undefined && isForUsersAlone(own, asked);
    const by = isFull || (isOfGoal && !isForUsers) ? null : named;
    const isCandidate = candidates(live, asked, atMs).some(({ id }) => id === asked.ad);
    const isLater = by === 'higher_priority' || by === 'others_behind' || by === 'same_campaign';
    demand(isCandidate === (by === null || isLater), 'G14', 'an explanation excludes the wrong ad', () => ({
      ...{ version, request, isCandidate, found },
    }));
    const isKnown = live.some(({ id }) => id === asked.ad);
    demand((by === 'unknown') === !isKnown, 'G14', 'an explanation knows the wrong ads', () => ({
      request,
      found,
    }));
  }

  /** What a key was answered once, it is answered again: one draw, of one catalog. */
  #checkSame(name: string, exchange: Answered): void {
    const keyed = this.#keyed.get(name);
    if (keyed === undefined) return;
    const { body } = exchange.answer;
    demand(
      keyed.body === undefined || keyed.body === body,
      'G11',
      'one key was answered with two decisions',
      () => ({
        ...{ name, first: keyed.body, exchange },
      }),
    );
    keyed.body = body;
  }

  #checkToken(
    exchange: Answered,
    {
      placement,
      ad: { id, decision },
      isServed,
      source,
    }: { placement: string; ad: DecidedAd; isServed: boolean; source: string },
  ): AuditedToken {
    const { keys, settings } = this.#options;
    const token = parseDecisionToken(decision.token);
    const facts = () => ({ token, decision, exchange });
    demand(
      token !== undefined && keys.isSigned(token),
      'G11',
      'a decision has a token that is not signed',
      facts,
    );
    const isOfAd = token.ad === id && token.placement === placement;
    demand(isOfAd, 'G11', 'the token of a decision names another one', facts);
    const stretch = this.#stretchOf(exchange, { isServed, tokens: [] });
    demand(
      keys.maySign(token.keyId, stretch),
      'G11',
      'a decision is signed by a key whose time it is not',
      facts,
    );
    const { impressionMinutes } = settings.delivery;
    const epochs = [stretch.fromMs, stretch.toMs].map((atMs) => epochOf(atMs, impressionMinutes));
    // The last two bits are of the local day, which a goal may have in a zone of its own.
    const first = (number: number): number => Math.floor(number / 4);
    const isNow = first(token.epoch) >= first(epochs[0] ?? 0) && first(token.epoch) <= first(epochs[1] ?? 0);
    demand(isNow, 'G11', 'a decision is of another time', facts);
    const until = reportedUntilMs('impression', token.epoch, impressionMinutes);
    // One for the whole answer: it may be of an epoch that ended while a right was waited for.
    const spareMs = until - Date.parse(decision.expires_at);
    const spareMaxMs = token.generation === 0 ? 0 : epochLengthMs(impressionMinutes);
    demand(spareMs >= 0 && spareMs <= spareMaxMs, 'G11', 'a decision says the wrong end', facts);
    const before = this.#signed.get(token.text);
    demand(before === undefined || before === source, 'G11', 'two decisions have one token', facts);
    this.#signed.set(token.text, source);
    return token;
  }

  /**
   * When its container decided, by its clock. A beacon decision without a key is answered in the run that made it,
   * but not at the same instant: the catalog may be read before, and the caller's usage written after.
   */
  #stretchOf(
    exchange: Answered,
    { isServed, tokens }: { readonly isServed: boolean; readonly tokens: readonly AuditedToken[] },
  ): Stretch {
    const { request, principal, sentAtMs, answeredAtMs, containerNowMs } = exchange;
    const name = keyName(request, principal);
    if (name === undefined && !isServed) {
      const { containerStartedMs = containerNowMs } = exchange;
      return {
        fromMs: Math.min(containerStartedMs, containerNowMs),
        toMs: Math.max(containerStartedMs, containerNowMs),
      };
    }
    const { clocksOffMaxMs, settings } = this.#options;
    const keyed = name === undefined ? undefined : this.#keyed.get(name);
    const sinceMs = keyed === undefined ? sentAtMs : keyed.sinceMs - underWayMaxMs;
    const wide = {
      fromMs: Math.floor(sinceMs) - clocksOffMaxMs,
      toMs: Math.ceil(answeredAtMs) + clocksOffMaxMs,
    };
    const [first] = tokens;
    if (first === undefined) return wide;
    const { impressionMinutes } = settings.delivery;
    const until = reportedUntilMs('impression', first.epoch, impressionMinutes) - impressionMinutes * 60_000;
    const begins = Math.floor(first.epoch / 4) * 60_000;
    return { fromMs: Math.max(wide.fromMs, begins), toMs: Math.min(wide.toMs, until - 1) };
  }
}

function keyName({ headers, body }: Answered['request'], principal: string): string | undefined {
  const key = headers['idempotency-key'];
  return key === undefined ? undefined : `${principal} ${key} ${body ?? ''}`;
}

/** Between two of these instants no ad starts or ends. */
function instantsOf(live: readonly ModelAd[], { fromMs, toMs }: Stretch): readonly number[] {
  const changes = live
    .flatMap(({ startAt, endAt }) => [startAt, endAt])
    .filter((at) => at > fromMs && at <= toMs);
  return [fromMs, ...new Set(changes)];
}

const prioritiesDefault = 8;

function priorityOf({ priority }: ModelAd): number {
  return priority ?? prioritiesDefault;
}

function isExcluded({ id, campaignId }: ModelAd, { exclude }: Asked): 'ad' | 'campaign' | undefined {
  if (exclude?.ads?.some((ad) => ad.toLowerCase() === id) === true) return 'ad';
  const isOfCampaign = campaignId !== undefined && exclude?.campaigns?.includes(campaignId) === true;
  return isOfCampaign ? 'campaign' : undefined;
}

/** The ads that the lottery is held for. */
function candidates(live: readonly ModelAd[], asked: Asked, atMs: number): readonly ModelAd[] {
  return live.filter(
    (ad) =>
      isShown(ad, atMs) &&
      isTargeted(ad, asked) &&
      isExcluded(ad, asked) === undefined &&
      !isForUsersAlone(ad, asked),
  );
}

/** A cap that counts for nobody keeps the ad from nobody. */
function isForUsersAlone({ frequency }: ModelAd, { user }: Asked): boolean {
  return user === undefined && frequency !== undefined && frequency.anonymous !== 'serve';
}

/** Whether the ad may be missing: there may be no right for it, or the user may have had it often enough. */
function mayBeFull(ad: ModelAd, asked: Asked): boolean {
  return (ad.generation ?? 0) > 0 || mayBeCapped(ad, asked);
}

/** The user may have had it often enough, or nobody could say. */
function mayBeCapped({ frequency }: ModelAd, { user }: Asked): boolean {
  return user !== undefined && frequency !== undefined;
}

function wantedOf({ placements }: Asked): number {
  return placements.reduce((sum, { count = 1 }) => sum + count, 0);
}

interface LotteryFault {
  readonly invariant: 'G4' | 'G14';
  readonly message: string;
}

/** Why these ads cannot have been chosen among the candidates in this order; undefined: they can. */
function lotteryFault(
  ads: readonly ModelAd[],
  asked: Asked,
  chosen: readonly string[],
  { left_out: leftOut = 0 }: Decided,
): LotteryFault | undefined {
  const fault = (message: string, invariant: LotteryFault['invariant'] = 'G14'): LotteryFault => ({
    invariant,
    message,
  });
  const sizeOf = (some: readonly ModelAd[]): number =>
    Math.min(wantedOf(asked), new Set(some.map(({ id, campaignId }) => campaignId ?? id)).size);
  const sure = ads.filter((ad) => !mayBeFull(ad, asked));
  let left = ads;
  let priority = 0;
  for (const id of chosen) {
    const winner = left.find((ad) => ad.id === id);
    if (winner === undefined)
      return ads.some((ad) => ad.id === id)
        ? fault('an answer has an ad or a campaign twice')
        : fault('an ad is chosen that is paused, not on time, not meant or excluded', 'G4');
    // Those that are left out of a long answer, and those whose caps are reached, are passed over.
    const isExact = leftOut === 0 && !mayBeFull(winner, asked) && sure.length === ads.length;
    const first =
      leftOut > 0 ? priority : Math.min(...left.filter((ad) => sure.includes(ad)).map(priorityOf));
    const isInTurn = isExact
      ? priorityOf(winner) === first
      : priorityOf(winner) >= priority && (leftOut > 0 || priorityOf(winner) <= first);
    priority = priorityOf(winner);
    if (!isInTurn) return fault('an ad is chosen before one of a higher priority');
    left = left.filter(
      (ad) => ad !== winner && (winner.campaignId === undefined || ad.campaignId !== winner.campaignId),
    );
  }
  const size = chosen.length + leftOut;
  const isEnough = size >= sizeOf(sure) && size <= sizeOf(ads);
  return isEnough ? undefined : fault('a decision has too few or too many ads');
}

/** Placements are in the order of the request, and each is full before the next gets an ad. */
function checkPlacements(
  { placements }: Asked,
  { decisions, left_out: leftOut = 0 }: Decided,
  exchange: Answered,
): void {
  const ids = decisions.map(({ placement }) => placement);
  const wanted = placements.map(({ id }) => id);
  const isFilled = decisions.every(({ ads }, index) => {
    const room = placements[index]?.count ?? 1;
    const later = decisions.slice(index + 1).some((other) => other.ads.length > 0);
    return ads.length <= room && (leftOut > 0 || !later || ads.length === room);
  });
  const isRight = JSON.stringify(ids) === JSON.stringify(wanted) && isFilled;
  demand(isRight, 'G14', 'placements are not filled in their order', () => ({ exchange }));
}

function checkLinks(
  { clickUrl }: ModelAd,
  { decision }: DecidedAd,
  { isServed, keys }: { readonly isServed: boolean; readonly keys: SigningKeyBook },
): void {
  const { token: text, impression_url: seen, click_url: clicked } = decision;
  const facts = () => ({ decision, clickUrl });
  const seenPath = seen === undefined ? undefined : new URL(seen).pathname;
  const isSeenRight = isServed ? seen === undefined : seenPath === `/t/i/${text}`;
  demand(isSeenRight, 'G11', 'a decision has the wrong address for its impression', facts);
  const link = clicked === undefined ? undefined : new URL(clicked);
  demand(
    (link === undefined) === (clickUrl === undefined),
    'G11',
    'a decision has a click that leads nowhere, or lacks it',
    facts,
  );
  if (link === undefined) return;
  const token = parseDecisionToken(text);
  const [url, signature] = [link.searchParams.get('u') ?? '', link.searchParams.get('s') ?? ''];
  const isLinked = token !== undefined && keys.isLinked(token, url, signature);
  const isRight = link.pathname === `/t/c/${text}` && url === clickUrl && isLinked;
  demand(isRight, 'G11', 'a click of a decision leads elsewhere', facts);
}

interface ExplainedPriority {
  readonly priority: number;
  readonly matched: number;
  readonly paused: number;
  readonly excluded_ads: number;
  readonly excluded_campaigns: number;
  /** These two, and others, only where an ad has a goal. */
  readonly done?: number;
  readonly waiting?: number;
  readonly capped: number;
  readonly ready: number;
  readonly behind?: number;
}

interface WantedPriority extends ExplainedPriority {
  readonly hasGoals: boolean;
  /** Of those that are neither paused nor excluded. */
  readonly withGoals: number;
}

/** Which ads a user has had often enough, and what the ledgers have, nobody knows here. */
function isExplained(found: ExplainedPriority, wanted: WantedPriority | undefined, { user }: Asked): boolean {
  if (wanted === undefined) return false;
  const { done = 0, waiting = 0, behind = 0 } = found;
  const isCounted = (['priority', 'matched', 'paused', 'excluded_ads', 'excluded_campaigns'] as const).every(
    (name) => found[name] === wanted[name],
  );
  const isWhole = done + waiting + found.capped + found.ready === wanted.capped + wanted.ready;
  const isCapKnown = user === undefined && !wanted.hasGoals;
  return (
    isCounted &&
    isWhole &&
    (!isCapKnown || found.capped === wanted.capped) &&
    (found.done !== undefined) === wanted.hasGoals &&
    done + waiting <= wanted.withGoals &&
    behind <= found.ready
  );
}

/** The priorities of an explanation. */
function explain(live: readonly ModelAd[], asked: Asked, atMs: number): readonly WantedPriority[] {
  const isMatch = (ad: ModelAd): boolean => ad.startAt <= atMs && atMs < ad.endAt && isTargeted(ad, asked);
  const byPriority = [...Map.groupBy(live.filter(isMatch), priorityOf)].sort(([a], [b]) => a - b);
  return byPriority.map(([priority, ads]) => {
    const shown = ads.filter(({ status }) => status !== 'paused');
    const excluded = (what: 'ad' | 'campaign'): number =>
      shown.filter((ad) => isExcluded(ad, asked) === what).length;
    const drawn = shown.filter((ad) => isExcluded(ad, asked) === undefined);
    const capped = drawn.filter((ad) => isForUsersAlone(ad, asked)).length;
    return {
      ...{ priority, matched: ads.length, paused: ads.length - shown.length },
      ...{ excluded_ads: excluded('ad'), excluded_campaigns: excluded('campaign') },
      hasGoals: ads.some(({ goal }) => goal !== undefined),
      withGoals: drawn.filter(({ goal }) => goal !== undefined).length,
      ...{ capped, ready: drawn.length - capped },
    };
  });
}
