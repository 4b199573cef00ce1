import { countAction, type UpdateAction } from '../../../../../lib/app/counters/counter-actions.ts';
import { settleActions } from '../../../../../lib/app/delivery/settle-tracked.ts';
import type { CountChunk } from '../../../../../lib/core/counters/chunk.ts';
import { judgeTracked } from '../../../../../lib/core/counters/counter-record.ts';
import {
  closeCounter,
  returnRights,
  type RightsClosed,
} from '../../../../../lib/core/delivery/goals/close-rights.ts';
import type { CountedRights } from '../../../../../lib/core/delivery/goals/counted-rights.ts';
import type { ItemChange } from '../../../../../lib/core/delivery/goals/item-change.ts';
import {
  bringNear,
  leaseChange,
  movePlan,
  type Lease,
  type Ledger,
} from '../../../../../lib/core/delivery/goals/ledger.ts';
import { openRights, type RightsOpened } from '../../../../../lib/core/delivery/goals/open-rights.ts';
import type { Tracked, TrackedNumber } from '../../../../../lib/core/delivery/tracked-event.ts';
import type { WriteAction } from '../../../../../lib/ports/state-store.ts';
import { stageSettings } from '../../../../../lib/stages.ts';

/** Every write to the ledger and the counter of an ad, made by the product's own functions. A defect replaces some. */
export interface Rights {
  readonly lease: (lease: Lease) => ItemChange;
  readonly near: (ledger: Ledger, epoch: number) => ItemChange | undefined;
  readonly plan: (ledger: Ledger, plan: number) => ItemChange;
  readonly close: (record: RightsClosed, counter: CountedRights) => ItemChange | undefined;
  readonly back: (counter: CountedRights, ledger: Ledger) => ItemChange | undefined;
  readonly open: (
    record: RightsOpened,
    counter: CountedRights,
    ledger: Ledger | undefined,
  ) => ReturnType<typeof openRights>;
  /** Records by what their counter is: in time, late. */
  readonly judge: typeof judgeTracked;
  readonly count: (chunk: CountChunk) => {
    readonly counter: UpdateAction;
    readonly claims: readonly string[];
  };
  /** Of one event outside the order of its log. */
  readonly settle: (event: Tracked, number: TrackedNumber) => readonly WriteAction[];
  /** Rights that are granted by a late answer are spent although the plan is over. */
  readonly spendsOfOldPlans?: boolean;
  /** Before rights are taken back, the ledger is read first and the counter then. */
  readonly readsLedgerFirst?: boolean;
}

export const impressionMinutes = 10;
/** Long after every epoch: what a slow or a fast clock may close is no part of the model. */
const arrivedAtMs = 8e15;
const settings = stageSettings('dev');

export const product: Rights = {
  lease: (lease) => leaseChange(lease, impressionMinutes),
  near: (ledger, epoch) => bringNear(ledger, epoch, impressionMinutes),
  plan: (ledger, plan) =>
    movePlan(ledger, plan, { line: { t0: plan, u0: 0, t1: plan + 1, u1: 1 }, since: undefined }),
  close: (record, counter) => closeCounter(record, counter, arrivedAtMs, impressionMinutes),
  back: returnRights,
  open: openRights,
  judge: judgeTracked,
  count: (chunk) => ({ counter: countAction('counter', chunk, 0), claims: chunk.claims }),
  settle: (event, number) => settleActions(event, number, settings, 0),
};
