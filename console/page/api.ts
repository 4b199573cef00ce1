import type * as z from 'zod';
import type { adExplanationSchema, adListSchema, adPageSchema } from '../../lib/api/ad-schemas.ts';
import type { problemSchema } from '../../lib/api/answer/problem-schema.ts';
import type { quarantinePageSchema, redrivenSchema, statsSchema } from '../../lib/api/operation-schemas.ts';
import { storedToken } from './token.ts';

export type Stats = z.output<typeof statsSchema>;
export type AdList = z.output<typeof adListSchema>;
export type AdPage = z.output<typeof adPageSchema>;
export type AdExplanation = z.output<typeof adExplanationSchema>;
export type QuarantinePage = z.output<typeof quarantinePageSchema>;
export type Redriven = z.output<typeof redrivenSchema>;

/** A call that was not answered well. `status` 0: not at all. */
export class CallError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const answerWaitMaxMs = 30_000;

/** Asks the API beside this page. Rejects with a CallError whose message is for people. */
export async function call<Body>(path: string, query: Readonly<Record<string, string>> = {}): Promise<Body> {
  const search = new URLSearchParams(query).toString();
  return send(search === '' ? path : `${path}?${search}`, { method: 'GET' });
}

export async function post<Body>(path: string, body: unknown): Promise<Body> {
  const headers = { 'Content-Type': 'application/json' };
  return send(path, { method: 'POST', body: JSON.stringify(body), headers });
}

async function send<Body>(path: string, init: RequestInit): Promise<Body> {
  const token = storedToken();
  const headers = new Headers(init.headers);
  if (token !== '') headers.set('Authorization', `Bearer ${token}`);
  const request = { ...init, headers, signal: AbortSignal.timeout(answerWaitMaxMs) };
  const response = await fetch(path, request).catch(() => {
    throw new CallError(0, 'The pipeline does not answer.');
  });
  const text = await response.text().catch(() => '');
  if (response.ok) return JSON.parse(text) as Body;
  throw new CallError(response.status, messageOf(response.status, text));
}

function messageOf(status: number, text: string): string {
  if (status === 401) return 'A token with the scope admin is needed.';
  if (status === 403) return 'This token lacks the scope that is needed.';
  try {
    const { title, detail, errors } = JSON.parse(text) as z.output<typeof problemSchema>;
    const faults = errors.map(({ path, message }) => `${path} ${message}`).join('; ');
    return `${title}: ${faults === '' ? detail : faults}`;
  } catch {
    return `The answer was ${status}.`;
  }
}
