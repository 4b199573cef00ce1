import { isBeaconPath } from '../../../lib/api/document/openapi-document.ts';
import { knownMethods } from '../../../lib/api/request/http-limits.ts';
import { parseJson } from './check-answer.ts';
import type { Answer } from './answer-parser.ts';
import type { FuzzRequest } from './draft.ts';

interface Problem {
  readonly type: string;
  readonly errors: readonly { readonly path: string }[];
}

/** What is wrong with an answer, given what was asked for; undefined: nothing. */
export function expectationFault(
  { draft, method, headers }: FuzzRequest,
  answer: Answer,
): string | undefined {
  const { status } = answer;
  const problem = status >= 400 && method !== 'HEAD' ? (parseJson(answer.body)?.value as Problem) : undefined;
  // A method, a version or a coding that is not ours: said before any call is known.
  const isStrange = draft.kind === 'wire' || !knownMethods.has(method);
  if (isStrange && (status === 501 || status === 505)) return undefined;
  if (status >= 500) {
    const saysSo = method === 'HEAD' || problem?.type.endsWith(':not-caught-up') === true;
    const lags = draft.mayLag && status === 503 && saysSo;
    return lags || status === 507 ? undefined : `${status} ${problem?.type ?? ''}`;
  }
  // Of limits and tokens the draft knows nothing.
  if (status === 429 || status === 401 || status === 403) return undefined;
  const { expect } = draft;
  switch (expect.type) {
    case 'any':
      return undefined;
    case 'refused': {
      if (!expect.statuses.includes(status)) return `${status} and not ${expect.statuses.join(' or ')}`;
      if (expect.path === undefined || problem === undefined) return undefined;
      const named = problem.errors.map(({ path }) => path);
      const { path } = expect;
      const isNamed = named.some((name) => name === path || name.startsWith(`${path}.`));
      return isNamed ? undefined : `errors names ${JSON.stringify(named)} and not ${JSON.stringify(path)}`;
    }
    case 'fine':
      return status < 400 || meetsState(status, problem, draft, headers)
        ? undefined
        : `a request as documented got ${status} ${answer.body.toString()}`;
    default:
      return expect satisfies never;
  }
}

/** Whether a field can be wrong by others alone, or by what only the server knows. */
function isOfOthers(call: FuzzRequest['draft']['call'], name: string): boolean {
  // The stage of npm start accepts no goals.
  if (/^(?:ads\.\d+\.)?goal$/.test(name)) return true;
  // A patch can be right by itself, and leave an ad that ends before it starts, or a cap for no campaign.
  if (call?.method === 'PATCH') return /start|end|^frequency\.scope$/.test(name);
  // No token that is drawn has the signature of this stage.
  if (call !== undefined && isBeaconPath(call.path)) return /^(?:token|u|s)$/.test(name);
  // A decision has 20 ads in all, and each placement once.
  return call?.path.startsWith('/api/v1/decisions') === true && name.startsWith('placements');
}

/** Refusals that lie in what a request meets, and that the document tells of. */
function meetsState(
  status: number,
  problem: Problem | undefined,
  { path, call }: FuzzRequest['draft'],
  headers: FuzzRequest['headers'],
): boolean {
  const sent = (name: string): boolean => headers.some(([other]) => other === name);
  switch (status) {
    case 404:
      return path.length > 1;
    case 409:
      return true;
    case 412:
      return sent('If-Match') || sent('If-None-Match');
    case 422:
      return sent('Idempotency-Key');
    case 400:
      return (problem?.errors ?? []).every(({ path: name }) => isOfOthers(call, name));
    default:
      return false;
  }
}
