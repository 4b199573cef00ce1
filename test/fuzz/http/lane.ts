import { headerValues, type Answer } from './answer-parser.ts';
import type { ApiDocument, Call } from './api-document.ts';
import type { Books } from './books.ts';
import { answerFault, parseJson } from './check-answer.ts';
import { expectationFault } from './check-expectation.ts';
import { toBytes, type Draft, type FuzzRequest } from './draft.ts';
import type { Pools } from './pools.ts';
import { adFault } from './same-ad.ts';
import type { Tally } from './tally.ts';
import { Wire } from './wire.ts';
import type { WireCase } from './wire-cases.ts';

/** Longer than the longest wait that a request can ask for (10 s) and shorter than the gateway's limit (29 s). */
export const answerTimeoutMs = 20_000;

/** What was found, and the bytes that were sent, for whoever wants to see it again. */
export class Finding extends Error {
  override readonly name = 'Finding';
  readonly request: FuzzRequest | undefined;
  readonly bytes: Buffer;

  constructor(message: string, bytes: Buffer, request?: FuzzRequest) {
    super(message);
    this.bytes = bytes;
    this.request = request;
  }
}

export interface LaneOptions {
  readonly url: URL;
  readonly document: ApiDocument;
  readonly books: Books;
  readonly tally: Tally;
  readonly pools: Pools;
  /** On a server that has been used before: the total of a counter, asked for before it is first named. */
  readonly unread?: (key: string) => Promise<bigint | undefined>;
}

/** One client with a connection of its own, which asks one thing after another and touches no other client's ads. */
export class Lane {
  readonly #options: LaneOptions;
  #wire: Wire | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Sends a request and holds the answer against the document, and against what was expected. Rejects with a Finding. */
  async ask(draft: Draft): Promise<Answer> {
    const { url, pools } = this.#options;
    const request = pools.request(draft);
    const bytes = toBytes(request, url.host);
    await this.#open(request);
    const wire = this.#connection();
    const headOnly = [request.method === 'HEAD'];
    const sending = {
      parts: [bytes],
      pauseMs: 0,
      headOnly,
      then: 'wait' as const,
      timeoutMs: answerTimeoutMs,
    };
    const { answers, end, fault } = await wire.exchange(sending);
    const [answer] = answers;
    if (fault !== undefined) throw this.#finding(fault, bytes, request);
    if (answer === undefined) {
      throw this.#finding(end === 'timeout' ? 'no answer in time' : 'no answer', bytes, request);
    }
    await this.#judge(request, answer, bytes);
    if (headerValues(answer.headers, 'connection')[0] === 'close') this.#drop();
    return answer;
  }

  /** Bytes that are no plain request, on a connection of their own. Rejects with a Finding. */
  async send({ what, drafts, write, answers: wanted }: WireCase): Promise<void> {
    const { url, document, books, pools, tally } = this.#options;
    const requests = drafts.map((draft) => pools.request(draft));
    for (const request of requests) await this.#open(request);
    const written = write(requests, url.host);
    const bytes = Buffer.concat(written.parts);
    const wire = new Wire(url);
    try {
      const headOnly = requests.map(({ method }) => method === 'HEAD');
      const { answers, end, fault } = await wire.exchange({
        ...written,
        headOnly,
        timeoutMs: answerTimeoutMs,
      });
      if (fault !== undefined) throw new Finding(`${what}: ${fault}`, bytes);
      if (end === 'timeout') throw new Finding(`${what}: no answer in time`, bytes);
      if (answers.length === 0) tally.unanswered('wire');
      for (const [index, answer] of answers.entries()) {
        const request = requests[index];
        if (request === undefined) continue;
        if (wanted === 'each') await this.#judge(request, answer, bytes);
        else if (wanted === 'refusal' && answer.status < 400) {
          throw new Finding(`${what}: answered ${answer.status}`, bytes);
        } else {
          tally.answered('wire', answer.status, what);
          const { method, target } = request;
          const found = document.find(method, target);
          // The server may have read other words than were meant: only an accepted request is taken at its word.
          const refused = { path: undefined, methods: [], call: undefined };
          const message = answerFault(
            document,
            { method, found: answer.status < 400 ? found : refused },
            answer,
          );
          if (message !== undefined && !isForeignMethod(answer))
            throw new Finding(`${what}: ${message}`, bytes);
          books.enter(request, found, answer);
        }
      }
      for (const request of requests.slice(answers.length)) books.mention(request);
      if (wanted === 'each' && answers.length < requests.length) {
        throw new Finding(`${what}: ${answers.length} answers to ${requests.length} requests`, bytes);
      }
    } finally {
      wire.destroy();
    }
  }

  close(): void {
    this.#drop();
  }

  async #judge(request: FuzzRequest, answer: Answer, bytes: Buffer): Promise<void> {
    const { document, books, pools, tally } = this.#options;
    const { method, target, draft } = request;
    const found = document.find(method, target);
    tally.answered(draft.kind, answer.status, draft.what, problemType(answer));
    const wrong =
      books.enter(request, found, answer) ??
      answerFault(document, { method, found }, answer) ??
      expectationFault(request, answer);
    if (wrong !== undefined) throw this.#finding(wrong, bytes, request);
    if (answer.status >= 300 || method === 'HEAD') return;
    for (const name of ['Consistency-Token', 'ETag']) {
      for (const value of headerValues(answer.headers, name.toLowerCase())) pools.learn(name, value);
    }
    const json = answer.body.length < 100_000 ? parseJson(answer.body)?.value : undefined;
    pools.learnFrom(json);
    if (found.call !== undefined) await this.#settleAd(request, found.call, answer, bytes);
  }

  /** After an accepted change of an ad: reads the ad with the change's token, and compares. */
  async #settleAd(request: FuzzRequest, call: Call, answer: Answer, bytes: Buffer): Promise<void> {
    const { operationId } = call.operation;
    if (!['createAd', 'updateAd', 'deleteAd'].includes(operationId)) return;
    const { books, pools, tally, url } = this.#options;
    const replayed = headerValues(answer.headers, 'idempotent-replayed')[0] === 'true';
    const id =
      operationId === 'createAd'
        ? (parseJson(answer.body)?.value as { readonly id: string }).id
        : decodeURIComponent(idIn(request.target)).toLowerCase();
    if (replayed) return;
    const token = headerValues(answer.headers, 'consistency-token')[0];
    const read: FuzzRequest = {
      draft: request.draft,
      method: 'GET',
      target: `/api/v1/ad/${id}`,
      headers: [
        ...authorization(request),
        ...(token === undefined ? [] : [['Consistency-Token', token] as const]),
      ],
      body: undefined,
    };
    const wire = this.#connection();
    const readBytes = toBytes(read, url.host);
    const sending = { parts: [readBytes], pauseMs: 0, headOnly: [false], then: 'wait' as const };
    const { answers } = await wire.exchange({ ...sending, timeoutMs: answerTimeoutMs });
    const [shown] = answers;
    if (shown === undefined) throw this.#finding('no answer when the change was looked at', bytes, request);
    tally.answered('look', shown.status, 'after a change of an ad');
    const before = books.ads.get(id);
    const after = shown.status === 200 ? parseJson(shown.body)?.value : undefined;
    if (after === undefined) books.ads.delete(id);
    else books.ads.set(id, after);
    if (after === undefined) pools.forget('id', id);
    else pools.learn('id', id);
    const wrong = adFault({ operationId, body: request.body, before, after, status: shown.status });
    if (wrong !== undefined) throw this.#finding(wrong, bytes, request);
  }

  async #open(request: FuzzRequest): Promise<void> {
    const { unread, books } = this.#options;
    if (unread !== undefined) await books.open(request, unread);
  }

  #connection(): Wire {
    if (this.#wire?.usable !== true) {
      this.#drop();
      this.#wire = new Wire(this.#options.url);
    }
    return this.#wire as Wire;
  }

  #drop(): void {
    this.#wire?.destroy();
    this.#wire = undefined;
  }

  #finding(message: string, bytes: Buffer, request: FuzzRequest): Finding {
    this.#drop();
    return new Finding(`${request.draft.what}: ${message}`, bytes, request);
  }
}

function authorization({ headers }: FuzzRequest): FuzzRequest['headers'] {
  return headers.filter(([name]) => name === 'Authorization');
}

/** The last segment of the path. */
function idIn(target: string): string {
  return target.replace(/\?.*$/s, '').replace(/\/$/, '').split('/').at(-1) ?? '';
}

/** A damaged method or target is another route's business. */
function isForeignMethod({ status }: Answer): boolean {
  return status === 405 || status === 404;
}

function problemType({ status, body }: Answer): string | undefined {
  if (status < 500) return undefined;
  return (parseJson(body)?.value as { readonly type?: string } | undefined)?.type;
}
