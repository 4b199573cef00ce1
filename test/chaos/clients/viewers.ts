import type { HttpCall } from '../../support/http-connection.ts';
import type { EventKind, OpenDecision, Report } from '../ledger/event-ledger.ts';
import { noteFailedTry, Actor } from './actor.ts';
import { isNever, isSuccess, type Answered, type Client, type Reply } from './client.ts';
import { numbersIn, numbersPath } from './event-numbers.ts';

/** An ad of a decision, with the paths that report what becomes of it. */
interface View {
  readonly ad: string;
  readonly token: string;
  readonly impressionPath: string;
  readonly clickPath: string | undefined;
  /** Where a click leads. */
  readonly link: string | undefined;
  /** The earliest instant at which the server may have made it. */
  readonly decidedAtMs: number;
}

/** Sent again until it is answered. */
interface ServedDecision extends OpenDecision {
  readonly call: HttpCall;
}

interface DecisionAnswer {
  readonly decisions: readonly {
    readonly ads: readonly {
      readonly id: string;
      readonly click_url?: string;
      readonly goal?: { readonly impressions: { readonly total: number } };
      readonly decision: {
        readonly token: string;
        readonly impression_url?: string;
        readonly click_url?: string;
      };
    }[];
  }[];
}

const viewsMax = 60;
const browser = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0' };

/** An impression is good for ten minutes after its epoch; a minute less, for the way there. */
const surelyYoungMs = 9 * 60_000;

/**
 * Asks for decisions and reports what became of them: by pixel, by beacon, in batches, by following the link, and with
 * the decision itself (`served`). Some reports are sent again, at once or much later, by two connections together,
 * without a user agent, or as HEAD.
 */
export class Viewers extends Actor {
  readonly #views: View[] = [];
  #pending: ServedDecision | undefined;
  #count = 0;

  override get pending(): boolean {
    return this.#pending !== undefined;
  }

  async step(client: Client): Promise<boolean> {
    const { prng } = this;
    if (this.#pending !== undefined) return this.#serve(client, this.#pending);
    const choice = prng.int(0, 9);
    if (this.#views.length === 0 || choice <= 1) return this.#decide(client);
    if (choice === 2) {
      this.#count += 1;
      const headers = { 'Idempotency-Key': `${this.name}-${this.#count}` };
      this.#pending = { call: this.#decision({ count: 'served' }, headers), tries: 0 };
      return this.#serve(client, this.#pending);
    }
    if (choice <= 4) return this.#sendBatch(client);
    if (choice <= 6) return this.#follow(client, prng.pick(this.#views));
    return this.#look(client, prng.pick(this.#views));
  }

  #decision(more: object, headers: Readonly<Record<string, string>>): HttpCall {
    const { prng } = this;
    const placements = Array.from({ length: prng.int(1, 3) }, (_, id) => ({
      id: `p${id}`,
      count: prng.int(1, 3),
    }));
    return {
      method: 'POST',
      path: '/api/v1/decisions',
      headers,
      body: JSON.stringify({ placements, ...more }),
    };
  }

  async #decide(client: Client): Promise<boolean> {
    const reply = await client.ask(this.#decision({}, {}), 200);
    if (isSuccess(reply)) this.#keep(reply);
    return reply.type === 'answer';
  }

  async #serve(client: Client, served: ServedDecision): Promise<boolean> {
    const { ledgers } = this;
    ledgers.events.open.add(served);
    served.tries += 1;
    const reply = await client.ask(served.call, 200);
    if (isNever(reply)) served.tries -= 1;
    if (!isSuccess(reply)) {
      noteFailedTry(ledgers, reply);
      return reply.type === 'answer';
    }
    this.#pending = undefined;
    ledgers.events.open.delete(served);
    ledgers.tally.acknowledged += 1;
    for (const view of this.#keep(reply)) {
      const report: Report = { ...view, kind: 'impression', invalid: false };
      // Every try may have logged it, and one of them has.
      for (let tries = 0; tries < served.tries; tries += 1) ledgers.events.sending(report);
      ledgers.events.acknowledge(report);
    }
    return true;
  }

  /** Impressions by pixel or beacon. */
  async #look(client: Client, view: View): Promise<boolean> {
    const { prng, ledgers } = this;
    const isHead = prng.chance(0.1);
    const isBeacon = !isHead && prng.chance(0.3);
    const invalid = !isHead && prng.chance(0.1);
    const report: Report = { ...view, kind: 'impression', invalid };
    const call = {
      method: isHead ? 'HEAD' : isBeacon ? 'POST' : 'GET',
      path: view.impressionPath,
      headers: invalid ? {} : browser,
    };
    if (isHead) return (await client.ask(call, 200, 410)).type === 'answer';
    const second = prng.chance(0.1) ? client.another() : undefined;
    const replies = await Promise.all(
      [client, ...(second === undefined ? [] : [second])].map(async (one) => {
        ledgers.events.sending(report);
        const reply = await one.ask(call, isBeacon ? 204 : 200, 410);
        this.#settle(report, view, reply);
        return reply;
      }),
    );
    second?.close();
    return replies.every(({ type }) => type === 'answer');
  }

  /** A redirect is answered whether or not the click is in the log, so it acknowledges nothing. */
  async #follow(client: Client, view: View): Promise<boolean> {
    const { prng, ledgers } = this;
    if (view.clickPath === undefined) return this.#look(client, view);
    const report: Report = { ...view, kind: 'click', invalid: prng.chance(0.1) };
    ledgers.events.sending(report);
    const headers = report.invalid ? {} : browser;
    const reply = await client.ask({ method: 'GET', path: view.clickPath, headers }, 302);
    if (isNever(reply)) ledgers.events.drop(report);
    if (reply.type === 'answer' && reply.answer.statusCode === 302) {
      const { location } = reply.answer.headers;
      if (location !== view.link)
        ledgers.findings.add('wrong', `${view.clickPath} leads to ${location ?? 'nothing'}`);
    }
    return reply.type === 'answer';
  }

  async #sendBatch(client: Client): Promise<boolean> {
    const { prng, ledgers } = this;
    const sent = Array.from({ length: prng.int(1, 10) }, () => {
      const view = prng.pick(this.#views);
      const kind: EventKind = prng.chance(0.3) ? 'click' : 'impression';
      return { view, report: { ...view, kind, invalid: false } };
    });
    const [first] = sent as [(typeof sent)[0]];
    const before = ledgers.events.acknowledged(first.view.ad, first.report.kind);
    for (const { report } of sent) ledgers.events.sending(report);
    const body = JSON.stringify({
      events: sent.map(({ report: { token, kind } }) => ({ token, type: kind })),
    });
    const reply = await client.ask(
      { method: 'POST', path: '/api/v1/events', headers: browser, body },
      202,
      207,
    );
    if (!isSuccess(reply)) {
      noteFailedTry(ledgers, reply);
      if (isNever(reply)) for (const { report } of sent) ledgers.events.drop(report);
      return reply.type === 'answer';
    }
    const { rejected, failed = [] } = JSON.parse(reply.answer.body) as {
      readonly rejected: readonly { readonly index: number; readonly reason: string }[];
      readonly failed?: readonly { readonly index: number; readonly ambiguous: boolean }[];
    };
    ledgers.tally.acknowledged += 1;
    const open = new Map(failed.map(({ index, ambiguous }) => [index, ambiguous]));
    const refused = new Map(rejected.map(({ index, reason }) => [index, reason]));
    sent.forEach(({ report, view }, index) => {
      if (refused.has(index)) this.#refused(report, view, reply, refused.get(index) ?? '');
      else if (open.get(index) === false) ledgers.events.drop(report);
      else if (!open.has(index)) ledgers.events.acknowledge(report);
    });
    const token = reply.answer.headers['consistency-token'];
    if (token === undefined || refused.has(0) || open.has(0) || !prng.chance(0.3)) return true;
    return this.#readBack(client, first.report, { token, atLeast: before + 1 });
  }

  /** With the tokens of a batch, a number includes its reports, and all that were acknowledged before it was sent. */
  async #readBack(
    client: Client,
    { ad, kind }: Report,
    { token, atLeast }: { readonly token: string; readonly atLeast: number },
  ): Promise<boolean> {
    const headers = { 'Consistency-Token': token };
    const reply = await client.ask({ method: 'GET', path: numbersPath(ad), headers }, 200);
    if (!isSuccess(reply)) return reply.type === 'answer';
    const { impressions, clicks, duplicate, late } = numbersIn(reply.answer);
    if ((kind === 'click' ? clicks : impressions) + duplicate + late < atLeast) {
      const told = `${impressions} impressions, ${clicks} clicks, ${duplicate} duplicates, ${late} late`;
      this.ledgers.findings.add('lost', `${told} of ${ad} with ${token}: under ${atLeast} ${kind}s`);
    }
    return true;
  }

  #settle(report: Report, view: View, reply: Reply): void {
    const { ledgers } = this;
    if (isSuccess(reply)) {
      ledgers.events.acknowledge(report);
      ledgers.tally.acknowledged += 1;
      return;
    }
    noteFailedTry(ledgers, reply);
    if (isNever(reply)) ledgers.events.drop(report);
    else if (reply.type === 'answer' && reply.answer.statusCode === 410) {
      this.#refused(report, view, reply, 'expired');
    }
  }

  /** Only a clock that has been set may make a token of a minute ago too old. */
  #refused(report: Report, view: View, { sentAtMs, answeredAtMs }: Answered, reason: string): void {
    const { events, findings, clock } = this.ledgers;
    events.drop(report);
    const { latestMs } = clock.during(sentAtMs, answeredAtMs);
    if (reason !== 'expired' || latestMs - view.decidedAtMs < surelyYoungMs) {
      findings.add('lost', `a report of ${view.token} of ${view.ad} is refused: ${reason}`);
    }
  }

  #keep({ answer, sentAtMs, answeredAtMs }: Answered): readonly View[] {
    const { ledgers, prng } = this;
    const { earliestMs } = ledgers.clock.during(sentAtMs, answeredAtMs);
    const made = (JSON.parse(answer.body) as DecisionAnswer).decisions
      .flatMap(({ ads }) => ads)
      .map(
        ({
          id,
          click_url: link,
          goal,
          decision: { token, impression_url: seen, click_url: clicked },
        }): View => {
          ledgers.events.issued(id, goal?.impressions.total);
          return {
            ...{ ad: id, token, link, decidedAtMs: earliestMs },
            impressionPath: seen === undefined ? `/t/i/${token}` : pathOf(seen),
            clickPath: clicked === undefined ? undefined : pathOf(clicked),
          };
        },
      );
    for (const view of made) {
      if (this.#views.length < viewsMax) this.#views.push(view);
      else this.#views[prng.int(0, viewsMax - 1)] = view;
    }
    return made;
  }
}

/** The next process has another port. */
function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}
