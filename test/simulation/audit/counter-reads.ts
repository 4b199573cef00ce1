import type { Exchange, HttpAnswer } from './auditor.ts';
import type { CounterTruth } from './counter-writes.ts';
import { demand } from './demand.ts';

/**
 * Checks an answered read of counters: every total was true at some instant between request and answer, and
 * includes the writes of the request's tokens.
 */
export function checkCounterRead(truth: CounterTruth, exchange: Exchange): boolean {
  const { request, answer } = exchange;
  if (answer === undefined || request.method !== 'GET') return false;
  const keys = keysOf(request.target);
  if (keys === undefined) return false;
  if (answer.status === 404) {
    for (const key of keys) checkTotal(truth, exchange, key, undefined);
    return true;
  }
  if (answer.status !== 200) return false;
  const shown = totalsIn(answer);
  for (const key of new Set(keys)) checkTotal(truth, exchange, key, shown.get(key));
  for (const token of tokensOf(exchange)) {
    if (keys.includes(token.counter)) checkToken(truth, exchange, token, shown.get(token.counter));
  }
  return true;
}

interface TopRow {
  readonly key: string;
  readonly value: string;
  readonly error_max: string;
}

/**
 * Checks an answered list of hot keys: totals that were true meanwhile, and estimates that are not above the
 * truth.
 */
export function checkTopRead({ totals }: CounterTruth, { id, request, answer, ...times }: Exchange): boolean {
  const isTop = /^\/api\/v1\/(?:counters\?top=|hot-counters)/.test(request.target);
  if (!isTop || answer?.status !== 200) return false;
  const { recent, all } = JSON.parse(answer.body.replace(/":(\d+)([,}])/g, '":"$1"$2')) as Readonly<
    Record<'recent' | 'all', { readonly keys: readonly TopRow[] }>
  >;
  for (const [list, { keys }] of Object.entries({ recent, all })) {
    keys.forEach((row, place) => {
      const [value, errorMax] = [BigInt(row.value), BigInt(row.error_max)];
      const least = list === 'all' ? (totals.at(row.key, times.sentAtMs) ?? 0n) : 0n;
      const most = totals.at(row.key, times.answeredAtMs) ?? 0n;
      // A sketch knows of no more than was counted, also if its container never learnt of some of it.
      const isTrue = value - errorMax <= most && value >= least && errorMax >= 0n;
      const isInOrder = place === 0 || BigInt(keys[place - 1]?.value ?? 0) >= value;
      demand(isTrue && isInOrder, 'I2', 'a list of hot keys shows what never was', () => ({
        ...{ exchange: id, list, row, least, most },
      }));
    });
  }
  return true;
}

function checkTotal(
  { totals }: CounterTruth,
  exchange: Exchange,
  key: string,
  shown: bigint | undefined,
): void {
  const least = totals.at(key, exchange.sentAtMs);
  const most = totals.at(key, exchange.answeredAtMs);
  const isTrue =
    shown === undefined ? least === undefined : most !== undefined && shown <= most && shown >= (least ?? 0n);
  demand(isTrue, 'I2', 'a read shows a total that never was', () => ({
    ...{ exchange: exchange.id, key, shown, least, most },
  }));
}

interface CounterToken {
  readonly epoch: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly counter: string;
  readonly partitionKey: string;
}

function checkToken(
  { ledger, totals }: CounterTruth,
  exchange: Exchange,
  token: CounterToken,
  shown: bigint | undefined,
): void {
  const entry = ledger.at(token);
  const settledAtMs = entry?.settledAtMs;
  const facts = (): Record<string, unknown> => ({ exchange: exchange.id, token, shown, settledAtMs });
  demand(
    settledAtMs !== undefined && settledAtMs <= exchange.answeredAtMs,
    'G7',
    'a token was met too early',
    facts,
  );
  const least = totals.at(token.counter, settledAtMs);
  demand(
    shown === least || (shown ?? 0n) >= (least ?? 0n),
    'G7',
    'a read lacks the write of its token',
    facts,
  );
}

export function parseCounterToken(text: string): CounterToken | undefined {
  const [kind, , epoch = '', shardId = '', sequenceNumber = '', , ...rest] = text.split('.');
  if (kind !== 'c2') return undefined;
  const partitionKey = decodeURIComponent(rest.join('.'));
  const counter = partitionKey.split('\u0001')[0] ?? '';
  return { epoch, shardId, sequenceNumber, counter, partitionKey };
}

function tokensOf({ request }: Exchange): readonly CounterToken[] {
  const header = request.headers['consistency-token'] ?? '';
  const tokens = header.split(',').map((text) => parseCounterToken(text.trim()));
  return tokens.filter((token) => token !== undefined);
}

/** undefined: not a read of counters. */
function keysOf(target: string): readonly string[] | undefined {
  const one = /^\/(?:increment|api\/v1\/counters)\/([^?]+)$/.exec(target)?.[1];
  if (one !== undefined) return [decodeURIComponent(one)];
  if (!target.startsWith('/api/v1/counters?key=')) return undefined;
  return [...new URLSearchParams(target.slice(target.indexOf('?')))].map(([, key]) => key);
}

/** Totals are exact beyond what a JSON number holds here, so their digits are read as text. */
function totalsIn({ body }: HttpAnswer): ReadonlyMap<string, bigint> {
  const json = JSON.parse(body.replace(/":(\d+)([,}])/g, '":"$1"$2')) as Record<string, unknown>;
  const rows = (json['counters'] ?? [json]) as readonly Record<string, string>[];
  return new Map(
    rows.flatMap((row) =>
      'updated_at' in row
        ? [[row['key'] ?? '', BigInt(row['value'] ?? '')]]
        : Object.entries(row).map(([key, total]): [string, bigint] => [key, BigInt(total)]),
    ),
  );
}
