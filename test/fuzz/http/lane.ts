import { adLook, enterLook } from './ad-look.ts';
import { headerValues, type Answer } from './answer-parser.ts';
import { differenceFault, sameRead } from './check-representation.ts';
import { toBytes, type Draft, type FuzzRequest } from './draft.ts';
import { Finding } from './finding.ts';
import { Judge, type JudgeOptions } from './judge.ts';
import { Wire } from './wire.ts';
import type { WireCase } from './wire-cases.ts';

/**
 * Longer than the longest wait that a request can ask for (10 s) and shorter than the gateway's limit (29 s).
 */
const answerTimeoutMs = 20_000;

export interface LaneOptions extends JudgeOptions {
  readonly url: URL;
  /** On a server that has been used before: the total of a counter, asked for before it is first named. */
  readonly unread?: (key: string) => Promise<bigint | undefined>;
}

/**
 * One client with a connection of its own, which asks one thing after another and touches no other client's
 * ads.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #judge: Judge;
  #wire: Wire | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#judge = new Judge(options);
  }

  /**
   * Sends a request and holds the answer against the document, and against what was expected. Rejects with a
   * Finding.
   */
  async ask(draft: Draft): Promise<void> {
    const request = this.#options.pools.request(draft);
    await this.#open([request]);
    const answer = await this.#answer(request);
    const wrong = this.#judge.fault(request, answer);
    // Looks at what became of it all the same: else it would be found again in the end.
    await this.#look(request, answer);
    if (wrong !== undefined) throw this.#finding(wrong, request);
    await this.#compare(request, answer);
    if (headerValues(answer.headers, 'connection')[0] === 'close') this.close();
  }

  /** Bytes that are no plain request, on a connection of their own. Rejects with a Finding. */
  async send({ what, drafts, write, answers: wanted }: WireCase): Promise<void> {
    const { url, books, pools, tally } = this.#options;
    const requests = drafts.map((draft) => pools.request(draft));
    await this.#open(requests);
    const { timeoutMs = answerTimeoutMs, ...written } = write(requests, url.host);
    const bytes = Buffer.concat(written.parts);
    const found = (message: string): Finding => new Finding(`${what}: ${message}`, bytes);
    const wire = new Wire(url);
    try {
      // A server that never read the method answers as it does to any.
      const isCut = wanted !== 'each' && !bytes.toString('latin1', 0, 5).startsWith('HEAD ');
      const headOnly = requests.map(({ method }) => method === 'HEAD' && !isCut);
      const { answers, end, fault } = await wire.exchange({ ...written, headOnly, timeoutMs });
      if (fault !== undefined) throw found(fault);
      if (end === 'timeout') throw found('no answer in time');
      if (answers.length === 0) tally.unanswered('wire');
      const wrongs: (string | undefined)[] = [];
      for (const [index, request] of requests.entries()) {
        const answer = answers[index];
        if (answer === undefined) books.mention(request);
        else if (wanted === 'refusal' && answer.status < 400) wrongs.push(`answered ${answer.status}`);
        else wrongs.push(await this.#weigh(request, answer, wanted === 'each' ? undefined : what));
      }
      const wrong = wrongs.find((one) => one !== undefined);
      if (wrong !== undefined) throw found(wrong);
      if (wanted === 'each' && answers.length < requests.length) {
        throw found(`${answers.length} answers to ${requests.length} requests`);
      }
    } finally {
      wire.destroy();
    }
  }

  close(): void {
    this.#wire?.destroy();
    this.#wire = undefined;
  }

  /**
   * What is wrong with an answer; undefined: nothing. `damaged`: what is wrong with the bytes sent;
   * undefined: nothing.
   */
  async #weigh(
    request: FuzzRequest,
    answer: Answer,
    damaged: string | undefined,
  ): Promise<string | undefined> {
    if (damaged !== undefined) return this.#judge.damagedFault(request, damaged, answer);
    const wrong = this.#judge.fault(request, answer);
    await this.#look(request, answer);
    return wrong;
  }

  /** After an accepted change of an ad: reads the ad with the change's token, and compares. */
  async #look(request: FuzzRequest, answer: Answer): Promise<void> {
    const { books, pools, tally, document } = this.#options;
    const look = adLook(document, request, answer);
    if (look === undefined || request.method === 'HEAD') return;
    const shown = await this.#answer(look.read);
    tally.answered('look', shown.status, 'after a change of an ad');
    const wrong = enterLook(look, shown, books, pools);
    if (wrong !== undefined) throw this.#finding(wrong, request);
  }

  /** Asks a HEAD again as GET, and what came compressed again as it is: both have to agree. */
  async #compare(request: FuzzRequest, answer: Answer): Promise<void> {
    const again = sameRead(request, answer);
    if (again === undefined) return;
    const other = await this.#answer(again);
    this.#options.tally.answered('look', other.status, 'the same read in another form');
    const wrong = differenceFault(request, answer, other);
    if (wrong !== undefined) throw this.#finding(wrong, request);
  }

  async #answer(request: FuzzRequest): Promise<Answer> {
    const { url } = this.#options;
    if (this.#wire?.usable !== true) {
      this.close();
      this.#wire = new Wire(url);
    }
    const { answers, end, fault } = await this.#wire.exchange({
      parts: [toBytes(request, url.host)],
      pauseMs: 0,
      headOnly: [request.method === 'HEAD'],
      then: 'wait',
      timeoutMs: answerTimeoutMs,
    });
    const [answer] = answers;
    if (fault !== undefined) throw this.#finding(fault, request);
    if (answer !== undefined) return answer;
    throw this.#finding(end === 'timeout' ? 'no answer in time' : 'no answer', request);
  }

  async #open(requests: readonly FuzzRequest[]): Promise<void> {
    const { unread, books } = this.#options;
    if (unread === undefined) return;
    for (const request of requests) await books.open(request, unread);
  }

  #finding(message: string, request: FuzzRequest): Finding {
    this.close();
    return new Finding(
      `${request.draft.what}: ${message}`,
      toBytes(request, this.#options.url.host),
      request,
    );
  }
}
