import type { AppliedWrite, Auditor, ItemChange, ServedCall } from './auditor.ts';
import { demand } from './demand.ts';

/** Where the product keeps the usage of its callers. */
export const usagePrefix = 'counter#\u0001usage/';

/** How long a container that is called keeps usage in memory: in a stage longer. */
export const usageEveryMs = 500;

/** A container that finds out after an hour that a write failed gives it up. */
const givenUpAfterMs = 3_000_000;

/** With the time that a write takes, and the call that makes it. */
const heldMaxMs = usageEveryMs + 3000;

/** Functions of which nobody's calls are counted: documents, those of operators, and reports of those who see ads. */
const uncounted: readonly string[] = ['describe-api', 'read-stats', 'operate-quarantine', 'track-ads'];

/** What one container knows of one caller. */
interface Account {
  /** When it answered each call, in order. */
  readonly answeredAtMs: number[];
  answeredIncrements: number;
  /** As of its last write. */
  answeredAtLastWrite: { calls: number; increments: number };
  written: { calls: number; increments: number };
  /** Begun and not answered: whether it counts them is open. */
  readonly open: Map<number, number>;
}

/**
 * G17: what a container writes of a caller is never more than it was asked, and with each write at least what
 * it had answered by the write before. `freshWithinMs`: nothing strikes, so no answer waits long.
 */
export function createUsageAuditor({
  freshWithinMs,
}: {
  readonly freshWithinMs: number | undefined;
}): Auditor {
  /** By container, then by caller. */
  const accounts = new Map<string, Map<string, Account>>();
  const of = (containerId: string, principal: string): Account => {
    const callers = accounts.get(containerId) ?? new Map<string, Account>();
    accounts.set(containerId, callers);
    const account = callers.get(principal) ?? newAccount();
    callers.set(principal, account);
    return account;
  };
  let writes = 0;
  /** When a container wrote last; one that never did, when it was first seen. */
  const wroteAtMs = new Map<string, number>();
  /** Containers that wrote nothing for long, frozen or refused: what they had not written may be lost. */
  const forgetful = new Set<string>();

  return {
    name: 'usage',
    served(call) {
      if (uncounted.includes(call.functionName)) return;
      wroteAtMs.set(call.containerId, wroteAtMs.get(call.containerId) ?? call.atMs);
      const account = of(call.containerId, call.principal);
      if (call.answer === undefined) {
        account.open.set(call.id, wantedIncrements(call));
        return;
      }
      account.open.delete(call.id);
      account.answeredAtMs.push(call.atMs);
      account.answeredIncrements += acknowledged(call);
      // Of two calls at once, one writes for both, and the other one does not wait for it.
      if (freshWithinMs === undefined || isBusy(accounts.get(call.containerId))) return;
      const oldestMs = account.answeredAtMs[account.written.calls] ?? Infinity;
      demand(call.atMs - oldestMs <= heldMaxMs, 'G17', 'a call waits too long for its usage', () => ({
        ...{ call, oldestMs },
      }));
    },
    wrote(write) {
      const changes = write.changes.filter(({ key }) => key.pk.startsWith(usagePrefix));
      if (changes.length === 0) return;
      writes += 1;
      const { containerId } = write;
      demand(containerId !== undefined, 'G17', 'usage was written by nobody', () => ({ write }));
      if (write.atMs - (wroteAtMs.get(containerId) ?? write.atMs) > givenUpAfterMs)
        forgetful.add(containerId);
      wroteAtMs.set(containerId, write.atMs);
      for (const change of changes) apply(of(containerId, ownerOf(change)), change, write);
      for (const [principal, account] of accounts.get(containerId) ?? []) {
        const facts = (): Record<string, unknown> => ({ containerId, principal, account, write });
        checkNotTooMuch(account, facts);
        if (!forgetful.has(containerId)) checkNothingLost(account, facts);
        const { answeredAtMs, answeredIncrements } = account;
        account.answeredAtLastWrite = { calls: answeredAtMs.length, increments: answeredIncrements };
      }
    },
    atRest: () => Promise.resolve(),
    facts: () => ({ usageWrites: writes }),
  };
}

function isBusy(callers: ReadonlyMap<string, Account> | undefined): boolean {
  return [...(callers?.values() ?? [])].some(({ open }) => open.size > 0);
}

function newAccount(): Account {
  return {
    answeredAtMs: [],
    answeredIncrements: 0,
    answeredAtLastWrite: { calls: 0, increments: 0 },
    written: { calls: 0, increments: 0 },
    open: new Map(),
  };
}

function apply(account: Account, change: ItemChange, write: AppliedWrite): void {
  const total = grown(change, 'total');
  demand(total > 0 && total === grown(change, 'sync_total'), 'I1', 'usage is not added at once', () => ({
    write,
  }));
  const [, , kind] = change.key.pk.split('/');
  if (kind === 'calls') account.written.calls += total;
  else account.written.increments += total;
}

function checkNotTooMuch(account: Account, facts: () => Record<string, unknown>): void {
  const { written, answeredAtMs, answeredIncrements, open } = account;
  const openIncrements = [...open.values()].reduce((sum, each) => sum + each, 0);
  const isRight =
    written.calls <= answeredAtMs.length + open.size &&
    written.increments <= answeredIncrements + openIncrements;
  demand(isRight, 'G17', 'usage is more than what was answered', facts);
}

function checkNothingLost(account: Account, facts: () => Record<string, unknown>): void {
  const { written, answeredAtLastWrite: least } = account;
  const isRight = written.calls >= least.calls && written.increments >= least.increments;
  demand(isRight, 'G17', 'usage was lost though its container lives', facts);
}

/** `counter#\u0001usage/<day>/<kind>/<principal>`; a principal may contain slashes. */
function ownerOf({ key }: ItemChange): string {
  return key.pk.split('/').slice(3).join('/');
}

function grown({ before, after }: ItemChange, attribute: string): number {
  return Number(after?.[attribute] ?? 0n) - Number(before?.[attribute] ?? 0n);
}

/** The increments that a request may get acknowledged. */
function wantedIncrements({ functionName, body }: ServedCall): number {
  if (functionName !== 'ingest-increments') return 0;
  try {
    const { increments } = JSON.parse(body) as { increments?: readonly unknown[] };
    return Array.isArray(increments) ? increments.length : 1;
  } catch {
    return 0;
  }
}

function acknowledged({ functionName, answer }: ServedCall): number {
  if (functionName !== 'ingest-increments' || answer === undefined || answer.isReplay) return 0;
  if (answer.status === 204) return 1;
  if (answer.status !== 200 && answer.status !== 202 && answer.status !== 207) return 0;
  const { accepted } = JSON.parse(answer.body) as { accepted?: unknown };
  return typeof accepted === 'number' ? accepted : 1;
}
