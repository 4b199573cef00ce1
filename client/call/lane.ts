import type { ClientPolicy } from '../policy.ts';
import { Endpoints } from './endpoints.ts';
import { RetryBudget } from './retry-budget.ts';
import { Slots } from './slots.ts';

/** What a class of operations has of its own, so that no other class can use it up. */
export class Lane {
  readonly slots: Slots;
  readonly endpoints: Endpoints;
  readonly budget: RetryBudget;
  /** Calls that have begun and not ended. */
  underWay = 0;

  constructor(
    policy: ClientPolicy,
    {
      connections,
      addresses,
      nowMs,
    }: { readonly connections: number; readonly addresses: number; readonly nowMs: number },
  ) {
    this.slots = new Slots(connections);
    this.endpoints = new Endpoints(policy, addresses, nowMs);
    this.budget = new RetryBudget(policy.retryBudget, nowMs);
  }
}
