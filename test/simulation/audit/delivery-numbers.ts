import type { Attributes, ItemKey } from '../../../lib/ports/state-store.ts';
import type { AppliedWrite, Exchange } from './auditor.ts';
import { isAdCounter } from './counter-ledger.ts';
import { parseCounterToken } from './counter-reads.ts';
import { demand } from './demand.ts';
import { isGoalShown, type ShownGoal } from './goal-figures.ts';

/** An ad's counter or ledger as a write left it; undefined: nothing has been written. */
interface Since {
  /** True time. */
  readonly atMs: number;
  readonly item: Attributes | undefined;
}

interface ShownNumbers extends ShownGoal {
  readonly id: string;
  readonly impressions: number;
  readonly clicks: number;
  readonly ctr: number | null;
  readonly not_counted: {
    readonly duplicate: number;
    readonly late: number;
    readonly invalid: Readonly<Record<'bot' | 'prefetch' | 'no_user_agent', number>>;
  };
}

/** What the reports of ads say, against what their counters were while they were read. */
export class DeliveryNumbers {
  /** By the key of the counter, or `ledger#` and the ad. */
  readonly #history = new Map<string, Since[]>();
  checked = 0;
  /** Those of ads with a goal. */
  goals = 0;

  wrote({ atMs, changes }: AppliedWrite): void {
    for (const { key, after } of changes) {
      const name = nameOf(key);
      if (name === undefined) continue;
      const history = this.#history.get(name) ?? [{ atMs: -Infinity, item: undefined }];
      history.push({ atMs, item: after });
      this.#history.set(name, history);
    }
  }

  exchanged(exchange: Exchange): void {
    const { request, answer } = exchange;
    const isOne = /^\/api\/v1\/ad\/[^/?]+\/delivery(?:\?|$)/.test(request.target);
    const isCampaign = /^\/api\/v1\/delivery(?:\?|$)/.test(request.target);
    if (!isOne && !isCampaign) return;
    if (request.method !== 'GET' || answer?.status !== 200) return;
    const shown = JSON.parse(answer.body) as ShownNumbers | { readonly ads: readonly ShownNumbers[] };
    const rows = 'ads' in shown ? shown.ads : [shown];
    for (const row of rows) this.#checkRow(exchange, row);
    const ids = rows.map(({ id }) => id);
    demand(new Set(ids).size === ids.length, 'I2', 'a report has an ad twice', () => ({ exchange }));
  }

  /** Its counters and its ledger are read one beside the other, so each was so at an instant of its own. */
  #checkRow(exchange: Exchange, row: ShownNumbers): void {
    this.checked += 1;
    if (row.goal !== undefined) this.goals += 1;
    const impressions = this.#during(`\u0001i#${row.id}`, exchange);
    const clicks = this.#during(`\u0001c#${row.id}`, exchange);
    const isTrue = impressions.some((one) => clicks.some((other) => isShown(row, one, other)));
    demand(isTrue, 'I2', 'a report of an ad shows numbers that never were', () => ({
      ...{ exchange, row, impressions, clicks },
    }));
    const ledgers = this.#during(`${ledgerPrefix}${row.id}`, exchange);
    const isOfGoal = impressions.some((one) => ledgers.some((ledger) => isGoalShown(row, one, ledger)));
    demand(isOfGoal, 'G12', 'a report of an ad shows its goal as it never was', () => ({
      ...{ exchange, row, impressions, ledgers },
    }));
  }

  /** What the item was between request and answer, with the events of the request's tokens settled. */
  #during(
    counter: string,
    { request, sentAtMs, answeredAtMs }: Exchange,
  ): readonly (Attributes | undefined)[] {
    const history = this.#history.get(counter) ?? [{ atMs: -Infinity, item: undefined }];
    const first = history.findLastIndex(({ atMs }) => atMs < sentAtMs);
    const items = history.slice(Math.max(first, 0)).filter(({ atMs }) => atMs <= answeredAtMs);
    const tokens = (request.headers['consistency-token'] ?? '')
      .split(',')
      .filter((text) => sentAtMs - issuedAtMs(text) < tokenLifeMs)
      .flatMap((text) => parseCounterToken(text.trim()) ?? [])
      .filter(({ partitionKey }) => partitionKey === counter);
    return items
      .map(({ item }) => item)
      .filter((item) =>
        tokens.every((token) => isPast(item?.[`hw|${token.epoch}|${token.shardId}|`], token)),
      );
  }
}

const ledgerPrefix = 'ledger#';

/** undefined: reports show nothing of it. */
function nameOf({ table, pk }: ItemKey): string | undefined {
  if (table === 'delivery') return pk.startsWith(ledgerPrefix) ? pk : undefined;
  const counter = pk.slice('counter#'.length);
  return table === 'counters' && pk.startsWith('counter#') && isAdCounter(counter) ? counter : undefined;
}

/** The mark that an older token needs may have been dropped since: a retention is an hour at least. */
const tokenLifeMs = 30 * 60_000;

function issuedAtMs(token: string): number {
  return Number(token.split('.')[5]) * 1000;
}

/** `0019@1700000000`: three digits of length, the number, then the second it moved. */
function isPast(
  mark: Attributes[string] | undefined,
  { sequenceNumber }: { readonly sequenceNumber: string },
): boolean {
  return typeof mark === 'string' && BigInt(mark.slice(3, mark.indexOf('@'))) >= BigInt(sequenceNumber);
}

function isShown(row: ShownNumbers, impressions: Attributes = {}, clicks: Attributes = {}): boolean {
  const both = (name: string): number => number(impressions[name]) + number(clicks[name]);
  const { duplicate, late, invalid } = row.not_counted;
  const [seen, clicked] = [number(impressions['total']), number(clicks['total'])];
  return (
    row.impressions === seen &&
    row.clicks === clicked &&
    row.ctr === (seen === 0 ? null : Math.round((clicked / seen) * 1e6) / 1e6) &&
    duplicate === both('duplicate') &&
    late === both('late') &&
    invalid.bot === both('invalid_bot') &&
    invalid.prefetch === both('invalid_prefetch') &&
    invalid.no_user_agent === both('invalid_no_user_agent')
  );
}

function number(value: Attributes[string] | undefined): number {
  return typeof value === 'bigint' ? Number(value) : 0;
}
