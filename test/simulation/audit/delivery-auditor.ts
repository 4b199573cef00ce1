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

/** Every try of one decision that counts as it is answered. */
interface ServedDecision {
  readonly exchanges: Exchange[];
  readonly isKeyed: boolean;
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
  /** By trace. */
  const served = new Map<string, ServedDecision>();

  const noteServed = (exchange: Exchange): void => {
    const { request } = exchange;
    if (request.target !== '/api/v1/decisions') return;
    const trace = request.headers['traceparent']?.split('-')[1] ?? '';
    const isKeyed = request.headers['idempotency-key'] !== undefined;
    const known = served.get(trace) ?? { exchanges: [], isKeyed };
    known.exchanges.push(exchange);
    served.set(trace, known);
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
      noteServed(exchange);
    },
    atRest() {
      reports.check();
      for (const [trace, decision] of served) checkServed(decision, reports.loggedOf(trace));
      for (const trace of reports.traces) {
        const isKnown = reports.isReport(trace) || served.has(trace);
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
      signingKeys: keys.size,
    }),
  };
}

/** Where nothing strikes, only the tokens of a read may keep it waiting, and a key that nobody has made. */
function checkWell(exchange: Exchange): void {
  const { request, answer } = exchange;
  const isExcused =
    request.headers['consistency-token'] !== undefined || answer?.body.includes('may be new') === true;
  const isWell = answer === undefined || answer.status < 500 || isExcused;
  demand(isWell, 'G11', 'a call of delivery fails although nothing strikes', () => ({ exchange }));
}

/** What counts in its answer is in the log, and of one draw only, however often it was asked for. */
function checkServed(
  { exchanges, isKeyed }: ServedDecision,
  logged: ReturnType<DeliveryReports['loggedOf']>,
): void {
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
  demand(ids.size === wanted.length, 'G11', 'a decision counts more than it showed', () => ({
    isKeyed,
    ...facts(),
  }));
}
