import type { StageSettings } from '../../../lib/stages.ts';
import type { AppendedRecord, Exchange } from './auditor.ts';
import { readOrder, readTracked, type LoggedTracked } from './counter-ledger.ts';
import {
  claimOf,
  parseDecisionToken,
  reportedUntilMs,
  type AuditedToken,
  type SigningKeyBook,
  type TrackedKind,
} from './decision-tokens.ts';
import { demand } from './demand.ts';

export interface ReportsOptions {
  readonly settings: StageSettings;
  readonly keys: SigningKeyBook;
  /** By how much the clock of a container may differ from the true time, either way, milliseconds. */
  readonly clocksOffMaxMs: number;
}

/** An event that a request reports. `undefined`: its token is forged, so it must come to nothing. */
type Reported = { readonly token: AuditedToken; readonly kind: TrackedKind } | undefined;

/** A request of the calls that report, and what it may put in the log. */
interface Report {
  readonly exchange: Exchange;
  /** In the order of the request. */
  readonly events: readonly Reported[];
  /** HEAD is answered and never logged. */
  readonly logs: boolean;
  readonly invalid: string | undefined;
  /** Of the events that the answer says are logged, the claims. */
  readonly acknowledged: readonly string[];
}

/** Answers of a platform, a log or a store that fails, and of one that has had enough for now. */
const failures: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** What becomes of impressions and clicks: forged ones are refused, good ones logged, each as what it is (G11). */
export class DeliveryReports {
  readonly #options: ReportsOptions;
  /** By trace: every try of one report. */
  readonly #reports = new Map<string, Report[]>();
  readonly #logged = new Map<string, LoggedTracked[]>();
  reported = 0;
  forged = 0;
  expired = 0;
  heads = 0;
  redirects = 0;

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  /** A record of the log; only those of containers that decide and track are looked at. */
  appended(record: AppendedRecord): void {
    const { containerId } = record;
    if (containerId?.startsWith('track-ads-') !== true && containerId?.startsWith('decide-ads-') !== true)
      return;
    if (readOrder(record) !== undefined) return;
    const tracked = readTracked(record);
    const { clocksOffMaxMs } = this.#options;
    const trace = tracked?.traceparent?.split('-')[1];
    const facts = () => ({ record, tracked });
    demand(
      tracked !== undefined && trace !== undefined,
      'G11',
      'a report is logged that nobody can read',
      facts,
    );
    // No bound on the other side: what a frozen container appends in the end was reported long before.
    demand(tracked.atMs <= record.arrivedAtMs + clocksOffMaxMs, 'I9', 'a report is dated by no clock', facts);
    this.#logged.set(trace, [...(this.#logged.get(trace) ?? []), tracked]);
  }

  loggedOf(trace: string): readonly LoggedTracked[] {
    return this.#logged.get(trace) ?? [];
  }

  get traces(): Iterable<string> {
    return this.#logged.keys();
  }

  isReport(trace: string): boolean {
    return this.#reports.has(trace);
  }

  exchanged(exchange: Exchange): void {
    const { request } = exchange;
    const [path = '', search] = request.target.split('?');
    const beacon = /^\/t\/([ic])\/([^/]+)$/.exec(path);
    const isBatch = request.method === 'POST' && path === '/api/v1/events';
    if (beacon === null && !isBatch) return;
    if (beacon !== null && !['GET', 'HEAD', 'POST'].includes(request.method)) return;
    const trace = request.headers['traceparent']?.split('-')[1] ?? '';
    const [, letter, text = ''] = beacon ?? [];
    const report = isBatch
      ? this.#batch(exchange)
      : letter === 'i'
        ? this.#beacon(exchange, text)
        : this.#click(exchange, text, new URLSearchParams(search ?? ''));
    this.#reports.set(trace, [...(this.#reports.get(trace) ?? []), report]);
    this.reported += report.events.length;
  }

  /** Once all is quiet: what the log holds is what was reported, and all that was acknowledged. */
  check(): void {
    for (const [trace, reports] of this.#reports) {
      const logged = this.loggedOf(trace);
      for (const tracked of logged) this.#checkLogged(reports, tracked);
      for (const { acknowledged, exchange, invalid } of reports) {
        for (const id of acknowledged) {
          const isLogged = logged.some((one) => one.id === id && one.invalid === invalid);
          demand(isLogged, 'G11', 'an acknowledged report is not in the log', () => ({
            id,
            invalid,
            exchange,
            logged,
          }));
        }
      }
    }
  }

  #checkLogged(reports: readonly Report[], tracked: LoggedTracked): void {
    const { clocksOffMaxMs, settings } = this.#options;
    const { impressionMinutes } = settings.delivery;
    const isReported = reports.some(
      ({ exchange, events, logs, invalid }) =>
        logs &&
        invalid === tracked.invalid &&
        events.some((event) => {
          if (event === undefined || claimOf(event.token, event.kind) !== tracked.id) return false;
          const { ad, generation, epoch } = event.token;
          return (
            tracked.counter === `\u0001${event.kind === 'click' ? 'c' : 'i'}#${ad}` &&
            tracked.generation === generation &&
            tracked.epoch === epoch &&
            tracked.atMs < reportedUntilMs(event.kind, epoch, impressionMinutes) &&
            tracked.atMs >= Math.floor(exchange.sentAtMs) - clocksOffMaxMs
          );
        }),
    );
    demand(isReported, 'G11', 'the log holds a report that nobody made, or that may not count', () => ({
      ...{ tracked, requests: reports.map(({ exchange, events }) => ({ exchange, events })) },
    }));
  }

  /** GET, HEAD or POST of a pixel. */
  #beacon(exchange: Exchange, text: string): Report {
    const { request, answer } = exchange;
    const event = this.#eventOf(text, 'impression');
    const isHead = request.method === 'HEAD';
    if (isHead) this.heads += 1;
    const invalid = faultOf(request.headers, this.#options.settings);
    // Nothing that is reported has a tag; a redirect has no conditions.
    const isTagged = request.headers['if-match'] !== undefined;
    const taken = request.method === 'POST' ? 204 : 200;
    const good = isTagged ? 412 : taken;
    // The conditions of a POST come before its token.
    const isHeldUp = isTagged && request.method === 'POST' && answer?.status === 412;
    if (answer !== undefined && !isHeldUp)
      this.#checkStatus(exchange, event, { kind: 'impression', good, expired: 410 });
    const logs = !isHead && !isTagged;
    const isLogged = answer?.status === taken && event !== undefined && logs;
    return {
      ...{ exchange, events: [event], logs, invalid },
      acknowledged: isLogged ? [claimOf(event.token, event.kind)] : [],
    };
  }

  /** A click redirects to the address that it was signed for, whatever becomes of its report. */
  #click(exchange: Exchange, text: string, query: URLSearchParams): Report {
    const { request, answer } = exchange;
    const token = this.#signed(text);
    const [url, signature] = [query.get('u') ?? '', query.get('s') ?? ''];
    const isLinked = token !== undefined && this.#options.keys.isLinked(token, url, signature);
    const event = isLinked ? ({ token, kind: 'click' } as const) : undefined;
    if (answer !== undefined) {
      this.#checkStatus(exchange, event, { kind: 'click', good: 302, expired: 302 });
      const isThere = answer.status !== 302 || answer.headers['location'] === url;
      demand(isThere, 'G11', 'a click leads elsewhere', () => ({ exchange }));
      const isHeldUp = answer.body.includes('log-unavailable');
      demand(!isHeldUp, 'G11', 'a log that fails holds up a click', () => ({ exchange }));
      if (answer.status === 302) this.redirects += 1;
    }
    const isHead = request.method === 'HEAD';
    if (isHead) this.heads += 1;
    const invalid = faultOf(request.headers, this.#options.settings);
    return { exchange, events: [event], logs: !isHead, invalid, acknowledged: [] };
  }

  #batch(exchange: Exchange): Report {
    const { request, answer } = exchange;
    const asked = eventsIn(request.body);
    const events = asked.map(({ token, type }) => this.#eventOf(token, type));
    const report = { exchange, events, logs: true, invalid: undefined };
    if (answer?.status !== 202 && answer?.status !== 207) {
      const isRefused = answer !== undefined && answer.status < 500;
      const isMangled = isRefused && isWrong(exchange);
      demand(
        !isRefused || isMangled || answer.status === 429,
        'G11',
        'a batch of reports is refused',
        () => ({ exchange }),
      );
      return { ...report, acknowledged: [] };
    }
    const { accepted, rejected, failed = [] } = JSON.parse(answer.body) as BatchTaken;
    const facts = () => ({ exchange, events });
    const reasons = new Map(rejected.map(({ index, reason }) => [index, reason]));
    const notLogged = new Set(failed.map(({ index }) => index));
    const isWhole =
      accepted + reasons.size + notLogged.size === events.length &&
      (answer.status === 207) === notLogged.size > 0;
    demand(isWhole, 'G11', 'an event of a batch is in no list', facts);
    const acknowledged = events.flatMap((event, index) => {
      const reason = reasons.get(index);
      if (notLogged.has(index)) return [];
      this.#checkVerdict(exchange, event, asked[index]?.type ?? 'impression', {
        isGood: reason === undefined,
        isInvalid: reason === 'invalid',
        isExpired: reason === 'expired',
      });
      return reason === undefined && event !== undefined ? [claimOf(event.token, event.kind)] : [];
    });
    return { ...report, acknowledged };
  }

  #checkStatus(
    exchange: Exchange,
    event: Reported,
    { kind, good, expired }: { readonly kind: TrackedKind; readonly good: number; readonly expired: number },
  ): void {
    const status = exchange.answer?.status ?? 0;
    if (failures.has(status) || isWrong(exchange)) return;
    this.#checkVerdict(exchange, event, kind, {
      isGood: status === good,
      isInvalid: status === 400,
      isExpired: status === expired,
    });
  }

  /** What was said of an event is right for some instant of the container's clock while it had the request. */
  #checkVerdict(
    exchange: Exchange,
    event: Reported,
    kind: TrackedKind,
    said: { readonly isGood: boolean; readonly isInvalid: boolean; readonly isExpired: boolean },
  ): void {
    const facts = () => ({ event, said, exchange });
    if (event === undefined) {
      this.forged += 1;
      demand(said.isInvalid, 'G11', 'a forged report is not refused', facts);
      return;
    }
    const { clocksOffMaxMs, settings } = this.#options;
    const untilMs = reportedUntilMs(kind, event.token.epoch, settings.delivery.impressionMinutes);
    const { containerStartedMs, containerNowMs, sentAtMs, answeredAtMs } = exchange;
    const isExact = clocksOffMaxMs === 0 && containerStartedMs !== undefined && containerNowMs !== undefined;
    const fromMs = isExact ? containerStartedMs : Math.floor(sentAtMs) - clocksOffMaxMs;
    const toMs = isExact ? containerNowMs : Math.ceil(answeredAtMs) + clocksOffMaxMs;
    const isRight = (said.isGood && fromMs < untilMs) || (said.isExpired && toMs >= untilMs);
    if (said.isExpired && !said.isGood) this.expired += 1;
    demand(isRight, 'G11', 'a good report is refused, or an old one taken', () => ({
      untilMs,
      fromMs,
      toMs,
      ...facts(),
    }));
  }

  #eventOf(text: string, kind: TrackedKind): Reported {
    const token = this.#signed(text);
    return token && { token, kind };
  }

  #signed(text: string): AuditedToken | undefined {
    const token = parseDecisionToken(text);
    return token !== undefined && this.#options.keys.isSigned(token) ? token : undefined;
  }
}

interface BatchTaken {
  readonly accepted: number;
  readonly rejected: readonly { readonly index: number; readonly reason: 'invalid' | 'expired' }[];
  readonly failed?: readonly { readonly index: number; readonly ambiguous: boolean }[];
}

type AskedEvent = { readonly token: string; readonly type: TrackedKind };

/** None: the body is not what a client of ours sends. */
function eventsIn(body: string | undefined): readonly AskedEvent[] {
  try {
    return (JSON.parse(body ?? '') as { events: readonly AskedEvent[] }).events;
  } catch {
    return [];
  }
}

/** A request that the network or the client made wrong, so that nothing may come of it. */
function isWrong({ request, answer }: Exchange): boolean {
  const isMedia = request.headers['content-type'] !== 'application/json' && answer?.status === 415;
  const isLong = (request.body?.length ?? 0) > 262_144 && answer?.status === 413;
  const isBroken =
    request.target.startsWith('/api/v1/events') &&
    eventsIn(request.body).length === 0 &&
    answer?.status === 400;
  return isMedia || isLong || isBroken;
}

const purposes = ['sec-purpose', 'purpose', 'x-moz'];

/** Why a visitor's reports are kept apart, spelt out once more. */
function faultOf(
  headers: Readonly<Record<string, string>>,
  { delivery }: Pick<StageSettings, 'delivery'>,
): string | undefined {
  if (purposes.some((name) => headers[name]?.split(';')[0] === 'prefetch')) return 'prefetch';
  const agent = headers['user-agent'];
  if (agent === undefined || agent === '') return 'no-user-agent';
  return delivery.bots.some((bot) => agent.toLowerCase().includes(bot.toLowerCase())) ? 'bot' : undefined;
}
