import { AdtallyError, createClient, ProblemError } from '../../client/index.ts';
import { storedToken } from './token.ts';

export type {
  AdExplanation,
  AdList,
  AdPage,
  CounterSeries,
  ExplainAdsInput,
  QuarantinePage,
  Redriven,
  Stats,
  TopCounters,
} from '../../client/index.ts';

/** The API beside this page. Somebody looks at the answers, so it gives up sooner than other callers. */
export const api = createClient({
  baseUrl: new URL('.', location.href).href,
  token: storedToken,
  policy: { callTimeoutMs: 12_000, tryTimeoutMs: 8000, triesMax: 3 },
  // What one token was shown is neither kept nor shown to the next; a sign-in page in between is no answer.
  deps: {
    fetch: (url, options) => fetch(url, { ...options, cache: 'no-store', redirect: 'error' }),
  },
});

export function isCallFailure(error: unknown): error is AdtallyError {
  return error instanceof AdtallyError;
}

/** Nothing that happens by itself changes it: only another token does. */
export function isRefused(error: unknown): boolean {
  return error instanceof ProblemError && (error.status === 401 || error.status === 403);
}

/** Why a call failed, for people. Rethrows what is no failure of a call. */
export function words(error: unknown): string {
  if (!isCallFailure(error)) throw error;
  if (error instanceof ProblemError) return problemWords(error);
  return failures[error.code] ?? `The call failed: ${error.message}.`;
}

const failures: Readonly<Record<string, string>> = {
  'no-answer': 'The pipeline does not answer.',
  'not-connected': 'The pipeline does not answer.',
  'timed-out': 'The pipeline does not answer in time.',
  'circuit-open': 'The pipeline does not answer; it is left alone for a moment.',
  'rate-limited': 'This token is over its rate limit.',
  'unexpected-answer': 'The answer is not one that this page knows: reload the page.',
};

function problemWords({ status, code, title, detail, errors }: ProblemError): string {
  if (status === 401) {
    return storedToken() === ''
      ? 'A token with the scope admin is needed.'
      : 'This token is not known here: mistyped, expired or revoked. One with the scope admin is needed.';
  }
  if (status === 403) return 'This token lacks the scope admin.';
  if (status === 429) return 'This token is over its rate limit.';
  if (code === `http-${status}`) return `The answer was ${status}, and not from the API.`;
  const faults = errors.map(({ path, message }) => `${path} ${message}`).join('; ');
  return `${title}: ${faults === '' ? detail : faults}`;
}
