import { headerValues, type Answer } from './answer-parser.ts';
import type { ApiDocument, Found } from './api-document.ts';
import type { Books } from './books.ts';
import { answerFault, parseJson } from './check-answer.ts';
import { audienceFault } from './check-audience.ts';
import { expectationFault } from './check-expectation.ts';
import { preconditionFault } from './check-preconditions.ts';
import { preferenceFault } from './check-preference.ts';
import { codingFault } from './check-representation.ts';
import type { FuzzRequest } from './draft.ts';
import type { Pools } from './pools.ts';
import type { Tally } from './tally.ts';

export interface JudgeOptions {
  readonly document: ApiDocument;
  readonly books: Books;
  readonly tally: Tally;
  readonly pools: Pools;
}

/** Larger answers are not searched for what later requests could name. */
const learntBytesMax = 100_000;

/** Says what is wrong with answers, and takes down what they stand for. undefined: nothing is wrong. */
export class Judge {
  readonly #options: JudgeOptions;

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  /** The answer to a request that the server read as it was meant. */
  fault(request: FuzzRequest, answer: Answer): string | undefined {
    const { document, books, tally } = this.#options;
    const { method, target, draft } = request;
    const found = document.find(method, target);
    tally.answered(draft.kind, answer.status, draft.what, problemType(answer));
    const wrong =
      books.enter(request, found, answer) ??
      answerFault(document, { method, found }, answer) ??
      codingFault(request, answer) ??
      preconditionFault(request, answer) ??
      preferenceFault(request, answer) ??
      expectationFault(request, answer) ??
      (draft.expect.type === 'fine' && method === 'GET' ? audienceFault(target, answer) : undefined);
    if (wrong === undefined && answer.status < 300 && method !== 'HEAD') this.#learn(request, answer);
    return wrong;
  }

  /**
   * An answer to bytes that the server may have read otherwise: only an accepted request is taken at its
   * word.
   */
  damagedFault(request: FuzzRequest, what: string, answer: Answer): string | undefined {
    const { document, books, tally } = this.#options;
    const { method, target } = request;
    const found = document.find(method, target);
    tally.answered('wire', answer.status, what, problemType(answer));
    const wrong = books.enter(request, found, answer);
    // Of a damaged method or path, whose call this is cannot be told.
    if (wrong !== undefined || answer.status === 405) return wrong;
    // A token or an id may have become one that is waited for.
    const known =
      answer.status < 400 ||
      answer.status === 412 ||
      problemType(answer)?.endsWith(':not-caught-up') === true;
    return answerFault(document, { method, found: known ? found : nobody }, answer);
  }

  #learn({ target }: FuzzRequest, answer: Answer): void {
    const { pools } = this.#options;
    for (const name of ['Consistency-Token', 'ETag']) {
      for (const value of headerValues(answer.headers, name.toLowerCase())) pools.learn(name, value);
    }
    if (answer.body.length < learntBytesMax) pools.learnFrom(target, parseJson(answer.body)?.value);
  }
}

const nobody: Found = { path: undefined, methods: [], call: undefined };

function problemType({ status, body }: Answer): string | undefined {
  if (status < 500) return undefined;
  return (parseJson(body)?.value as { readonly type?: string } | undefined)?.type;
}
