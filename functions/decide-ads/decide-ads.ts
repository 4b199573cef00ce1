import { hash } from 'node:crypto';
import { createApiFunction, type ApiFunction } from '../../lib/api/api-function.ts';
import { jsonMediaType, problem, type Problem } from '../../lib/api/answer/answer.ts';
import { catalogHeaders, unansweredView, type FoundView } from '../../lib/api/answer/catalog-view.ts';
import { tokenHeader } from '../../lib/api/answer/token-header.ts';
import { needsToken } from '../../lib/api/access/access-policy.ts';
import { deliveryRoutes } from '../../lib/api/delivery-routes.ts';
import { tokenNeeded } from '../../lib/api/middleware/optional-token.ts';
import { operation, type Reply } from '../../lib/api/operation.ts';
import type { RequestOf } from '../../lib/api/request/api-request.ts';
import { isPlainDecision } from '../../lib/api/request/decision-body.ts';
import { anonymous } from '../../lib/api/request/principal.ts';
import { createCatalogReader, type CatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import { createDecider, type SignedDecisions } from '../../lib/app/delivery/decider.ts';
import { createStandingsReader } from '../../lib/app/delivery/goal-standings.ts';
import { Rights } from '../../lib/app/delivery/rights.ts';
import { readToken, trackedId } from '../../lib/app/delivery/decision-signature.ts';
import { createSigningKeys } from '../../lib/app/delivery/signing-keys.ts';
import { createUserCaps } from '../../lib/app/delivery/user-caps.ts';
import { createTrackWriter, type TrackedEvent } from '../../lib/app/delivery/track-writer.ts';
import { createIdempotency } from '../../lib/app/idempotency.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { createAuthorize } from '../../lib/app/tokens/authorize.ts';
import type { UsageRecorder } from '../../lib/app/usage/usage-recorder.ts';
import type { CatalogRow } from '../../lib/core/ads/catalog/catalog-row.ts';
import { andThen, type SoonOrNow } from '../../lib/core/and-then.ts';
import { assert } from '../../lib/core/assert.ts';
import type { DecisionRequest } from '../../lib/core/delivery/choose.ts';
import { explainDecision } from '../../lib/core/delivery/explain-decision.ts';
import { formatInstant } from '../../lib/core/instant.ts';
import type { Scope } from '../../lib/core/scopes.ts';
import { metrics } from '../../lib/ports/telemetry.ts';
import { decisionsJson } from './decisions-json.ts';
import { lossBody, priorityBody, rowsWithGoals } from './explanation-body.ts';
import { reportOperations } from './reports.ts';

export interface DecideAdsDeps extends Pick<
  Ports,
  'increments' | 'state' | 'blobs' | 'clock' | 'ids' | 'telemetry' | 'settings'
> {
  /** A catalog to share with other code; default: the function makes its own. */
  readonly catalogs?: CatalogReader;
  readonly usage?: UsageRecorder;
  /** Whether calls need no token, as of now; default: they do, as the stage says. */
  readonly isOpen?: () => boolean;
}

type DecideRequest = RequestOf<typeof deliveryRoutes.decide>;
type DecideReply = Reply<typeof deliveryRoutes.decide>;

/** Chooses ads from the catalog in memory and signs what it has chosen; and reads what was counted of ads. */
export function createDecideAds(deps: DecideAdsDeps): ApiFunction {
  const { clock, settings, telemetry, isOpen = () => false } = deps;
  const { accepts } = settings.delivery;
  const catalogs = deps.catalogs ?? createCatalogReader(deps);
  const keys = createSigningKeys(deps);
  const capsOf = createUserCaps(deps, keys);
  const rights = new Rights(deps);
  const decide = createDecider(deps, rights, capsOf);
  const readStandings = createStandingsReader(deps, rights);
  const writer = createTrackWriter(deps);

  /** Without a promise where the catalog is fresh, the keys are known, and no right or cap is waited for. */
  const answerDecision = (request: DecideRequest): SoonOrNow<DecideReply> => {
    const { body, identity, tokens, traceparent, principal } = request;
    if (!accepts) return problem('delivery-off');
    const isServed = body.count === 'served';
    if (principal === anonymous && !isOpen()) {
      if (body.user !== undefined) throw tokenNeeded('`user`', 'ads:decide');
      if (isServed) throw tokenNeeded('`count: served`', 'ads:decide');
    }
    // A repeated run decides nothing anew: the catalog, the time and so the tokens may have changed, and caps would
    // count twice.
    if (isServed && identity.drafted !== undefined) return answerServed(identity.drafted, traceparent);
    // Before the catalog: nothing is decided later than that may be old.
    return andThen(keys.current(), (key) =>
      andThen(catalogs.current(tokens), (view) => {
        if (view.status !== 'ok') return unansweredView(view, deps);
        const { user } = body;
        return andThen(decide(view, decisionRequest(body), { identity, key, user }), (decisions) =>
          answerDecided(request, view, decisions),
        );
      }),
    );
  };

  const answerDecided = (
    { body, identity, traceparent, address }: DecideRequest,
    view: FoundView,
    decisions: SignedDecisions,
  ): SoonOrNow<DecideReply> => {
    const isServed = body.count === 'served';
    const made = decisionsJson(decisions, address, isServed);
    if (made.tokens.length > 0) telemetry.count(metrics.decisions, made.tokens.length);
    else telemetry.count(metrics.decisionsEmpty);
    const { degraded } = decisions;
    if (degraded.length > 0) telemetry.count(metrics.decisionsDegraded);
    const usual = {
      ...catalogHeaders(view, settings),
      'Cache-Control': 'no-store',
      'Content-Type': jsonMediaType,
    };
    const headers = degraded.length === 0 ? usual : { ...usual, 'Delivery-Degraded': degraded.join(', ') };
    if (!isServed) return { status: 200, headers, body: made.body };
    const own = draftText({ headers, ...made });
    return identity.draft(own).then((drafted) => answerServed(drafted, traceparent));
  };
  const decideAds = operation(deliveryRoutes.decide, answerDecision, {
    isPlainBody: isPlainDecision,
    identifiedBy: withoutName,
  });

  /** Does what was drafted. */
  const answerServed = async (drafted: string, traceparent: string | undefined): Promise<DecideReply> => {
    const { headers, tokens, body } = parseDraft(drafted);
    const logged = await countServed(tokens, traceparent);
    return 'problem' in logged ? logged : { status: 200, headers: { ...headers, ...logged }, body };
  };

  /** Logs the impressions of a decision; the header with the tokens of the write, or the problem. */
  const countServed = async (
    tokens: readonly string[],
    traceparent: string | undefined,
  ): Promise<ReturnType<typeof tokenHeader> | Problem<'log-unavailable'>> => {
    if (tokens.length === 0) return {};
    const result = await writer.append(
      tokens.map((text) => servedEvent(text, clock.nowMs())),
      traceparent === undefined ? {} : { traceparent },
    );
    if (result.status === 'accepted') return tokenHeader(result.tokens);
    return problem('log-unavailable', {
      detail:
        'Impressions of this decision may or may not have been logged. With an Idempotency-Key it is safe to ask again; without one, the next decision is another.',
    });
  };

  /** Explains a decision without making it: what remains of each priority, and why an ad is not among it. */
  const explain = operation(deliveryRoutes.explainDecision, async ({ body, tokens, principal }) => {
    const isStranger = principal === anonymous && !isOpen();
    // What somebody was shown is nobody's business.
    if (body.user !== undefined && isStranger) throw tokenNeeded('`user`', 'ads:read');
    const view = await catalogs.current(tokens);
    if (view.status !== 'ok') return unansweredView(view, deps);
    const { catalog } = view;
    const { user, ad } = body;
    const asked = decisionRequest(body);
    const nowMs = clock.nowMs();
    const isCapped =
      user === undefined ? (row: CatalogRow) => !row.servesAnonymous : await capsOf(user, nowMs).full();
    // Nor is how far an ad is, which takes two reads to say.
    const standingOf = isStranger
      ? undefined
      : await readStandings(rowsWithGoals(catalog.matching(asked.filter, nowMs), ad), nowMs);
    const explained = explainDecision(catalog, asked, { atMs: nowMs, isCapped, standingOf }, ad);
    return {
      status: 200,
      headers: { ...catalogHeaders(view, settings), 'Cache-Control': 'no-store' },
      body: {
        at: formatInstant(nowMs),
        live: catalog.size,
        priorities: explained.priorities.map(priorityBody),
        ad: ad === undefined ? null : { id: ad, ...lossBody(explained) },
      },
    };
  });

  // No gateway checks a token of these; some requests need one all the same.
  const ungated = new Map<string, Scope>(
    [deliveryRoutes.decide, deliveryRoutes.explainDecision]
      .filter(({ scope }) => !needsToken(scope, settings))
      .map(({ path, scope }) => [path, scope]),
  );
  return createApiFunction(
    {
      ...deps,
      idempotency: createIdempotency(deps),
      ...(ungated.size > 0 && {
        optionalToken: {
          ...{ calls: ungated, isOpen, clock },
          authorize: createAuthorize(deps),
          cacheSeconds: settings.tokens.cacheSeconds,
        },
      }),
    },
    [decideAds, explain, ...reportOperations(deps, catalogs)],
  );
}

function decisionRequest({
  age,
  country,
  gender,
  platform,
  placements,
  exclude,
}: DecideRequest['body']): DecisionRequest {
  const asked = {
    filter: { age, country, gender, platform },
    placements: placements.map(({ id, count = 1 }) => ({ id, count })),
  };
  return exclude === undefined ? asked : { ...asked, exclude };
}

/**
 * A body whose hash is kept for a day, with 16 bits of the name in it: a name that somebody guesses is not confirmed by
 * them, and another name under the same key is noticed but for one in 65,536.
 */
function withoutName({ user, ...others }: DecideRequest['body']): string {
  const digits = user === undefined ? undefined : hash('sha256', user, 'hex').slice(0, 4);
  return JSON.stringify({ ...others, user: digits });
}

function servedEvent(text: string, at: number): TrackedEvent {
  const token = readToken(text);
  assert(token !== undefined, 'a token that this function made');
  const { ad, generation, epoch } = token.decision;
  return { id: trackedId(token, 'impression'), ad, kind: 'impression', at, generation, epoch };
}

interface Draft {
  readonly headers: Readonly<Record<string, string>>;
  readonly tokens: readonly string[];
  readonly body: string;
}

/** The body stands alone, because a text in a text would grow. JSON of one line ends at the first line break. */
function draftText({ headers, tokens, body }: Draft): string {
  return `${JSON.stringify({ headers, tokens })}\n${body}`;
}

function parseDraft(text: string): Draft {
  const end = text.indexOf('\n');
  return { ...(JSON.parse(text.slice(0, end)) as Omit<Draft, 'body'>), body: text.slice(end + 1) };
}
