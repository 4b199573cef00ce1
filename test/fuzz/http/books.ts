import { isSumOfSome, explainValuesMax } from '../../load/ledger/counter-ledger.ts';
import { headerValues, type Answer } from './answer-parser.ts';
import type { ApiDocument, Found } from './api-document.ts';
import { parseJson } from './check-answer.ts';
import type { FuzzRequest } from './draft.ts';

interface Account {
  sum: bigint;
  /** Values of writes whose answer left it open. */
  readonly open: bigint[];
  /** The last requests that named it, to explain a difference. */
  readonly story: string[];
}

const storyMax = 6;

/** Refused requests may name any number of keys; beyond this, new ones are not looked at in the end. */
const accountsMax = 100_000;

interface Increment {
  readonly key: string;
  readonly value: unknown;
}

/**
 * What the accepted requests add up to. A refused one adds nothing, but its keys are written down, so that in
 * the end they are looked at too.
 */
export class Books {
  readonly accounts = new Map<string, Account>();
  /** Live ads as they were last seen, by id. */
  readonly ads = new Map<string, unknown>();
  /** External id -> titles that imports gave its ad, or may have given it. */
  readonly imports = new Map<string, Set<string>>();
  readonly #document: ApiDocument;

  constructor(document: ApiDocument) {
    this.#document = document;
  }

  /**
   * Takes down an answered request. Returns what is wrong with it having been accepted; undefined: nothing.
   */
  enter(request: FuzzRequest, found: Found, answer: Answer): string | undefined {
    const { call } = found;
    const { body, method } = request;
    if (call?.operation.requestBody === undefined || body === undefined || method === 'HEAD')
      return undefined;
    if (call.operation.operationId === 'importAds' && (answer.status < 300 || answer.status >= 500))
      this.#import(body);
    const increments = incrementsIn(body);
    const accepted = answer.status < 300;
    const replayed = headerValues(answer.headers, 'idempotent-replayed')[0] === 'true';
    for (const { key, value } of increments) {
      if (!accepted && !this.accounts.has(key) && this.accounts.size > accountsMax) continue;
      const text = JSON.stringify(value).slice(0, 30);
      const account = this.account(key, `${method} ${request.draft.what} ${text}: ${answer.status}`);
      if (!Number.isSafeInteger(value)) continue;
      if (accepted && !replayed) account.sum += BigInt(value as number);
      if (answer.status >= 500) account.open.push(BigInt(value as number));
    }
    if (!accepted) return undefined;
    const json = parseJson(body);
    if (json === undefined) return 'accepted, and not JSON in UTF-8';
    const [mediaType = ''] = Object.keys(call.operation.requestBody.content);
    const fault = this.#document.requestFault(call, mediaType, json.value);
    return fault === undefined ? undefined : `accepted against the document: ${fault}`;
  }

  #import(body: Buffer): void {
    const { ads } = (parseJson(body)?.value ?? {}) as { readonly ads?: unknown };
    for (const ad of Array.isArray(ads) ? (ads as unknown[]) : []) {
      const [id, title] = [externalIdOf(ad), (ad as { readonly title?: unknown } | null)?.title];
      if (id === undefined || typeof title !== 'string') continue;
      this.imports.set(id, (this.imports.get(id) ?? new Set()).add(title));
    }
  }

  /** Begins the accounts of counters that have not been named yet with what they are. */
  async open({ body }: FuzzRequest, total: (key: string) => Promise<bigint | undefined>): Promise<void> {
    for (const { key } of incrementsIn(body ?? Buffer.alloc(0))) {
      if (this.accounts.has(key) || !isCounterKey(key)) continue;
      const before = (await total(key)) ?? 0n;
      // Another lane may have opened it meanwhile.
      if (!this.accounts.has(key)) this.account(key, `was ${before}`).sum = before;
    }
  }

  /** For a request that must not take effect, whatever is answered. */
  mention({ body, draft }: FuzzRequest): void {
    for (const { key } of incrementsIn(body ?? Buffer.alloc(0))) {
      if (this.accounts.size < accountsMax || this.accounts.has(key)) this.account(key, draft.what);
    }
  }

  account(key: string, note: string): Account {
    const account = this.accounts.get(key) ?? { sum: 0n, open: [], story: [] };
    this.accounts.set(key, account);
    account.story.push(note);
    if (account.story.length > storyMax) account.story.shift();
    return account;
  }

  /** undefined: no such counter. What is wrong with it; undefined: nothing. */
  totalFault(key: string, total: bigint | undefined): string | undefined {
    const { sum = 0n, open = [], story = [] } = this.accounts.get(key) ?? {};
    const surplus = (total ?? 0n) - sum;
    if (surplus === 0n && (total !== undefined || sum === 0n)) return undefined;
    if (open.length <= explainValuesMax && isSumOfSome(surplus, open)) return undefined;
    return `counter ${JSON.stringify(key)} is ${total ?? 'absent'}, accepted were ${sum} (${story.join('; ')})`;
  }
}

export function externalIdOf(ad: unknown): string | undefined {
  const { external_id: id } = (ad ?? {}) as { readonly external_id?: unknown };
  return typeof id === 'string' ? id : undefined;
}

/** Others cannot be asked for. */
export function isCounterKey(key: string): boolean {
  return key.isWellFormed() && /^[^\p{Cc}]{1,256}$/u.test(key);
}

/** Of a body that names any, as far as it can be read at all. */
function incrementsIn(body: Buffer): readonly Increment[] {
  const json = parseJson(body)?.value as { readonly increments?: unknown } | null | undefined;
  const list = Array.isArray(json?.increments) ? (json.increments as unknown[]) : [json];
  return list.filter(
    (item): item is Increment =>
      typeof item === 'object' &&
      item !== null &&
      'key' in item &&
      typeof item.key === 'string' &&
      'value' in item,
  );
}
