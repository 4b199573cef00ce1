import type { HttpAnswer } from '../../../lib/embedded/demo/http-connection.ts';

/** The total in `{"<key>":<total>}`, digit for digit; 0 when there is no such counter yet. */
export function totalIn({ statusCode, body }: HttpAnswer): bigint {
  return statusCode === 404 ? 0n : BigInt(/:(\d+)\}$/.exec(body)?.[1] ?? '');
}

/** The totals in an answer of many counters. */
export function totalsIn({ body }: HttpAnswer): [string, bigint][] {
  return Array.from(body.matchAll(/"key":"([^"]+)","value":(\d+)/g), ([, key = '', value = '']) => [
    key,
    BigInt(value),
  ]);
}

/** Tokens of an accepted batch, by key. */
export function tokensIn({ body }: HttpAnswer): Readonly<Record<string, string>> {
  return (JSON.parse(body) as { tokens?: Record<string, string> }).tokens ?? {};
}

/** Which increments of a batch were not taken; `ambiguous`: perhaps they were. */
export function failuresIn({ body }: HttpAnswer): readonly { index: number; ambiguous: boolean }[] {
  return (JSON.parse(body) as { failed?: { index: number; ambiguous: boolean }[] }).failed ?? [];
}
