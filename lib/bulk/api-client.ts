import { AdtallyError, createClient, ProblemError, type Client } from '../../client/index.ts';
import { commandName } from '../options.ts';
import { tokenVariable } from './api-options.ts';

/** As of an operator's command. */
export const exitCodes = {
  done: 0,
  /** Some ads were refused. */
  refused: 1,
  wrongInput: 2,
  /** The API does not answer, or refuses the whole call; some may be done. */
  failed: 4,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * A command has one purpose and nobody else to serve: it waits for a rate limit or a restart as long as these allow,
 * and a breaker would only end it sooner.
 */
const patient = {
  callTimeoutMs: 300_000,
  triesMax: 100,
  retryBudget: { ratio: 1, burst: 200, perSecond: 1 },
  breaker: { windowMs: 10_000, triesMin: 1_000_000, failureShare: 1, openMs: 5000 },
};

export interface Api {
  readonly url: string;
  readonly token: string | undefined;
}

/** Rejects soon, with an AdtallyError, where nobody answers or the token does not allow what follows. */
export async function connect({ url, token = '' }: Api): Promise<Client> {
  await createClient({ baseUrl: url, token, policy: { triesMax: 2 } }).listAds({ limit: 1 });
  return createClient({ baseUrl: url, token, policy: patient });
}

/** Why the API did not do what it was asked, and what to do; throws what is no error of a call. */
export function failureText(url: string, error: unknown): string {
  if (!(error instanceof AdtallyError)) throw error;
  return `${url}: ${error.message}.\n${adviceOn(error)}`.replaceAll('..\n', '.\n');
}

function adviceOn(error: AdtallyError): string {
  if (error.code === 'not-connected') return `Is the server running? ${commandName('start')}, or --url.`;
  const status = error instanceof ProblemError ? error.status : undefined;
  if (status === 401 || status === 403)
    return `The token must have the scope ads:write: --token, or the variable ${tokenVariable}.`;
  if (error instanceof ProblemError && status === 400) {
    const fields = error.errors.map(({ path, message }) => `${path} ${message}`);
    return ['The API refuses what this version sends.', ...fields.slice(0, fieldsShownMax)].join('\n  ');
  }
  return 'Try again later.';
}

const fieldsShownMax = 10;
