import type { StageSettings } from '../../../lib/stages.ts';
import type { Auditor, Exchange } from './auditor.ts';
import { claimOf, parseDecisionToken, SigningKeyBook } from './decision-tokens.ts';
import { DeliveryNumbers } from './delivery-numbers.ts';
import { DeliveryReports } from './delivery-reports.ts';
import { demand } from './demand.ts';

export interface DeliveryAuditorOptions {
  readonly settings: StageSettings;
  /** By how much the clock of a container may be ahead of the true time or behind it, milliseconds. */
  readonly clocksAheadMaxMs: number;
  /** Undefined: something strikes, so calls may fail. */
  readonly freshWithinMs: number | undefined;
}

/**
 * Follows each decision to its reports, and each report to its number: G11, and that reports of ads show numbers that
 * were so. The counter auditor predicts what each record of the log does to a number; here: which records there are.
 */
export function createDeliveryAuditor({
  settings,
  clocksAheadMaxMs,
  freshWithinMs,
}: DeliveryAuditorOptions): Auditor {
  const keys = new SigningKeyBook();
  const numbers = new DeliveryNumbers();
  const reports = new DeliveryReports({ settings, keys, clocksOffMaxMs: clocksAheadMaxMs });
  /** By trace: every try of a decision. */
  const decided = new Map<string, Exchange[]>();

  const noteDecision = (exchange: Exchange): void => {
    const { request } = exchange;
    if (request.target !== '/api/v1/decisions') return;
    const trace = request.headers['traceparent']?.split('-')[1] ?? '';
    decided.set(trace, [...(decided.get(trace) ?? []), exchange]);
  };

  return {
    name: 'delivery',
    appended(stream, record) {
      if (stream === 'increments') reports.appended(record);
    },
    wrote(write) {
      keys.wrote(write);
      numbers.wrote(write);
    },
    exchanged(exchange) {
      if (
        !/^\/(?:t\/|api\/v1\/(?:events|decisions|delivery|ad\/[^/]+\/delivery))/.test(exchange.request.target)
      )
        return;
      if (freshWithinMs !== undefined) checkWell(exchange);
      reports.exchanged(exchange);
      numbers.exchanged(exchange);
      noteDecision(exchange);
    },
    atRest() {
      reports.check();
      for (const [trace, exchanges] of decided) {
        for (const life of livesOf(exchanges, reports.loggedOf(trace))) checkServed(life);
      }
      for (const trace of reports.traces) {
        const isKnown = reports.isReport(trace) || decided.has(trace);
        demand(isKnown, 'G11', 'the log holds a report of nobody', () => ({
          logged: reports.loggedOf(trace),
        }));
      }
      return Promise.resolve();
    },
    facts: () => ({
      deliveryReports: reports.reported,
      deliveryForged: reports.forged,
      deliveryExpired: reports.expired,
      deliveryHeads: reports.heads,
      deliveryRedirects: reports.redirects,
      deliveryNumbersRead: numbers.checked,
      deliveryGoalsRead: numbers.goals,
      signingKeys: keys.size,
    }),
  };
}

/** Where nothing strikes, only the tokens of a read may keep it waiting, and a key that nobody has made. */
function checkWell(exchange: Exchange): void {
  const { request, answer } = exchange;
  // Of two tries of one key at once, the slower finds the request ended, and its client should ask again.
  const isTwin =
    request.headers['idempotency-key'] !== undefined && answer?.body.includes('store is busy') === true;
  const isExcused =
    isTwin ||
    request.headers['consistency-token'] !== undefined ||
    answer?.body.includes('may be new') === true;
  const isWell = answer === undefined || answer.status < 500 || isExcused;
  demand(isWell, 'G11', 'a call of delivery fails although nothing strikes', () => ({ exchange }));
}

/** The tries of a decision, and what they logged. */
interface Life {
  readonly exchanges: readonly Exchange[];
  readonly logged: ReturnType<DeliveryReports['loggedOf']>;
}

/** A key stands for one decision so long, less what two clocks may be apart. */
const keyLifeMs = 24 * 3_600_000 - 15 * 60_000;
const skewMs = 600_000;

/** A client that was held up for a day with its second try makes a new decision with it. */
function livesOf(exchanges: readonly Exchange[], logged: Life['logged']): readonly Life[] {
  const starts: number[] = [];
  for (const sentAtMs of exchanges.map((exchange) => exchange.sentAtMs).sort((a, b) => a - b)) {
    if (sentAtMs - (starts.at(-1) ?? -Infinity) > keyLifeMs) starts.push(sentAtMs);
  }
  const lifeAt = (atMs: number): number =>
    Math.max(
      0,
      starts.findLastIndex((start) => start <= atMs),
    );
  return starts.map((_, index) => ({
    exchanges: exchanges.filter(({ sentAtMs }) => lifeAt(sentAtMs) === index),
    logged: logged.filter(({ atMs }) => lifeAt(atMs + skewMs) === index),
  }));
}

/** What counts in its answer is in the log, and of one draw only, however often it was asked for. */
function checkServed({ exchanges, logged }: Life): void {
  const facts = () => ({ exchanges, logged });
  const counts = exchanges.some(({ request }) => request.body?.includes('"served"') === true);
  const isOf = logged.every(({ isClick, invalid }) => counts && !isClick && invalid === undefined);
  demand(isOf, 'G11', 'a decision logs what it may not', facts);
  const ids = new Set(logged.map(({ id }) => id));
  const ads = new Set(logged.map(({ counter }) => counter));
  // Without a key a decision is made once; with one, every try has the draw of the first.
  demand(ads.size === ids.size, 'G11', 'a decision counts two draws', facts);
  const [answered] = exchanges.flatMap(({ request, answer }) =>
    answer?.status === 200 && request.body?.includes('"served"') === true ? [answer.body] : [],
  );
  if (answered === undefined) return;
  const wanted = [...answered.matchAll(/"decision":\{"token":"([\w-]+)"/g)].map(([, text = '']) => {
    const token = parseDecisionToken(text);
    return token === undefined ? '' : claimOf(token, 'impression');
  });
  demand(
    wanted.every((id) => ids.has(id)),
    'G11',
    'an impression that was served is not in the log',
    facts,
  );
  demand(ids.size === wanted.length, 'G11', 'a decision counts more than it showed', facts);
}
