import { headerValues, type Answer } from './answer-parser.ts';
import type { ApiDocument } from './api-document.ts';
import { externalIdOf, type Books } from './books.ts';
import { parseJson } from './check-answer.ts';
import type { FuzzRequest } from './draft.ts';
import type { Pools } from './pools.ts';
import { adFault } from './same-ad.ts';

/** The read after an accepted change of an ad, which shows whether it took effect. */
export interface AdLook {
  readonly id: string;
  readonly operationId: string;
  readonly change: FuzzRequest;
  readonly read: FuzzRequest;
}

const changes = ['createAd', 'updateAd', 'deleteAd'];

/** undefined: the answer changed no ad. */
export function adLook(document: ApiDocument, change: FuzzRequest, answer: Answer): AdLook | undefined {
  const { method, target, draft, headers } = change;
  const operationId = document.find(method, target).call?.operation.operationId ?? '';
  const replayed = headerValues(answer.headers, 'idempotent-replayed')[0] === 'true';
  if (answer.status >= 300 || replayed || !changes.includes(operationId)) return undefined;
  const id =
    operationId === 'createAd' ? idOf(answer) : decodeURIComponent(lastSegment(target)).toLowerCase();
  const tokens = headerValues(answer.headers, 'consistency-token').map(
    (token) => ['Consistency-Token', token] as const,
  );
  const authorization = headers.filter(([name]) => name === 'Authorization');
  const read = {
    draft,
    method: 'GET',
    target: `/api/v1/ad/${id}`,
    headers: [...authorization, ...tokens],
    body: undefined,
    coded: undefined,
  };
  return { id, operationId, change, read };
}

/** Takes down what the look showed. Returns what is wrong with it; undefined: nothing. */
export function enterLook(look: AdLook, shown: Answer, books: Books, pools: Pools): string | undefined {
  const { id, operationId, change } = look;
  const before = books.ads.get(id);
  const after = shown.status === 200 ? parseJson(shown.body)?.value : undefined;
  if (after === undefined) {
    books.ads.delete(id);
    pools.forget('id', id);
  } else {
    books.ads.set(id, after);
    pools.learn('id', id);
  }
  const isImported = [before, after].some((ad) => books.imports.has(externalIdOf(ad) ?? ''));
  return adFault({ operationId, body: change.body, before, after, status: shown.status, isImported });
}

function idOf({ body }: Answer): string {
  return (parseJson(body)?.value as { readonly id: string }).id;
}

function lastSegment(target: string): string {
  return target.replace(/\?.*$/s, '').replace(/\/$/, '').split('/').at(-1) ?? '';
}
