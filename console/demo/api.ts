import { storedToken } from '../page/token.ts';

/** A call that did not succeed. */
export class CallError extends Error {
  /** 0: no answer came. */
  readonly status: number;
  /** The problem, such as `forbidden`; empty: none was named. */
  readonly problem: string;

  constructor(status: number, problem: string, words: string) {
    super(words);
    this.status = status;
    this.problem = problem;
  }
}

export interface Call {
  readonly method: 'GET' | 'POST';
  /** Relative to this page, or whole. */
  readonly address: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

const timeoutMs = 8000;

/** The address of a call on the server of this page. */
export function addressOf(path: string): string {
  return new URL(path, new URL('.', location.href)).href;
}

/** Makes one call, without a second try. Rejects with a CallError. */
export async function call({ method, address, headers = {}, body }: Call): Promise<Response> {
  const token = storedToken();
  let response: Response;
  try {
    response = await fetch(addressOf(address), {
      method,
      headers: {
        ...headers,
        ...(token !== '' && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...{ cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(timeoutMs) },
    });
  } catch {
    throw new CallError(0, '', 'The server does not answer.');
  }
  if (response.ok) return response;
  throw await refusalOf(response);
}

interface Problem {
  readonly type?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

async function refusalOf(response: Response): Promise<CallError> {
  const { status } = response;
  let problem: Problem;
  try {
    problem = (await response.json()) as Problem;
  } catch {
    return new CallError(status, '', `The server answered with status ${status}.`);
  }
  const faults = (problem.errors ?? []).map(({ path, message }) => `${path} ${message}`).join('; ');
  const why = faults === '' ? problem.detail : faults;
  return new CallError(
    status,
    problem.type?.split(':').at(-1) ?? '',
    `${problem.title ?? status}: ${why ?? ''}`,
  );
}
