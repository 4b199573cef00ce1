import {
  AdtallyError,
  createClient,
  InvalidInputError,
  ProblemError,
  type HotCounters,
} from '../../client/index.ts';
import { storedToken } from './token.ts';

export type {
  Ad,
  AdExplanation,
  AdList,
  AdPage,
  CounterSeries,
  DecisionExplanation,
  DecisionQuestion,
  Delivery,
  ExplainAdsInput,
  HotCounters,
  QuarantinePage,
  Redriven,
  Stats,
} from '../../client/index.ts';

/** The client of this page's API. A person waits for the answers, so its time-outs are short. */
export const api = createClient({
  baseUrl: new URL('.', location.href).href,
  token: storedToken,
  policy: { callTimeoutMs: 12_000, tryTimeoutMs: 8000, triesMax: 3 },
  // Answers are not cached, so that another token never sees them. Redirects, such as to a sign-in page, are
  // errors.
  deps: {
    fetch: (url, options) => fetch(url, { ...options, cache: 'no-store', redirect: 'error' }),
  },
});

/** The most counted keys, recent and of all time; undefined: this stage keeps no such list. */
export async function hotKeys(limit: number): Promise<HotCounters | undefined> {
  try {
    return (await api.getHotCounters({ limit })).body;
  } catch (error) {
    if (error instanceof ProblemError && error.errors.some(({ path }) => path === 'limit')) return undefined;
    throw error;
  }
}

export function isCallFailure(error: unknown): error is AdtallyError {
  return error instanceof AdtallyError;
}

/** Whether only another token helps. */
export function isRefused(error: unknown): boolean {
  return error instanceof ProblemError && (error.status === 401 || error.status === 403);
}

/** Explains why a call failed. Rethrows any other error. */
export function words(error: unknown): string {
  if (!isCallFailure(error)) throw error;
  if (error instanceof ProblemError) return problemWords(error);
  if (error instanceof InvalidInputError) return `Invalid input: ${faultWords(error.errors)}.`;
  return failures[error.code] ?? `The call failed: ${error.message}.`;
}

const overRate = 'Too many calls: this token has reached its rate limit.';
const failures: Readonly<Record<string, string>> = {
  'no-answer': 'The pipeline does not answer.',
  'not-connected': 'The pipeline does not answer.',
  'timed-out': 'The pipeline does not answer in time.',
  'circuit-open': 'The pipeline does not answer. The console tries again soon.',
  'rate-limited': overRate,
  'unexpected-answer': 'This page does not know this answer. Reload the page.',
};

function problemWords({ status, code, title, detail, errors }: ProblemError): string {
  if (status === 401) {
    return storedToken() === ''
      ? 'The console needs a token with the scope admin.'
      : 'This token is not valid. It may be mistyped, expired, revoked, or of another stage.';
  }
  if (status === 403) return 'This token lacks the scope admin.';
  if (status === 429) return overRate;
  if (code === `http-${status}`) return `Status ${status} came from something other than the API.`;
  const faults = faultWords(errors);
  return `${title}: ${faults === '' ? detail : faults}`;
}

function faultWords(errors: readonly { readonly path: string; readonly message: string }[]): string {
  return errors.map(({ path, message }) => `${path} ${message}`).join('; ');
}
