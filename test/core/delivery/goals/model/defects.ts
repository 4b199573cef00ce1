import type { UpdateAction } from '../../../../../lib/app/counters/counter-actions.ts';
import type { ItemChange, ItemCondition } from '../../../../../lib/core/delivery/goals/item-change.ts';
import type { Condition } from '../../../../../lib/ports/state-store.ts';
import type { Rights } from './rights.ts';
import { sizes } from './sizes.ts';
import type { Size } from './world.ts';

/** A rule of the ledger that somebody forgot. The checker must find a state that breaks a promise. */
export interface RuleDefect {
  readonly name: string;
  /** The world in which it shows. */
  readonly size: Size;
  /** What the checker says, as a pattern. */
  readonly fault: RegExp;
  readonly break: (rights: Rights) => Rights;
}

interface Conditional {
  readonly condition?: Condition;
}

/** Without the comparisons of these attributes, wherever they stand. */
function forget<Change extends Conditional>(change: Change, ...names: readonly string[]): Change {
  const without = (condition: Condition): Condition | undefined => {
    if (condition.op === 'any' || condition.op === 'all') {
      const of = condition.of.map(without).filter((part) => part !== undefined);
      return of.length === 0 ? undefined : { op: condition.op, of };
    }
    const isForgotten = 'attribute' in condition && names.some((name) => isNamed(condition.attribute, name));
    return isForgotten ? undefined : condition;
  };
  const condition = change.condition && without(change.condition);
  return { ...change, condition: condition ?? { op: 'all', of: [] } };
}

/** `l` names `l4000`. */
function isNamed(attribute: string, name: string): boolean {
  return attribute === name || (name.length === 1 && new RegExp(`^${name}\\d+$`).test(attribute));
}

const onLease =
  (change: (lease: ItemChange) => ItemChange): RuleDefect['break'] =>
  (rights) => ({ ...rights, lease: (lease) => change(rights.lease(lease)) });
const onBack =
  (change: (back: ItemChange) => ItemChange): RuleDefect['break'] =>
  (rights) => ({
    ...rights,
    back(...given) {
      const made = rights.back(...given);
      return made && change(made);
    },
  });
const onCount =
  (change: (count: UpdateAction) => UpdateAction): RuleDefect['break'] =>
  (rights) => ({
    ...rights,
    count(chunk) {
      const { counter, claims } = rights.count(chunk);
      return { counter: change(counter), claims };
    },
    // The first try takes every record for one in time; the condition says which are late.
    judge: (records) => records,
  });

const onOpen =
  (
    change: (open: NonNullable<ReturnType<Rights['open']>>) => NonNullable<ReturnType<Rights['open']>>,
  ): RuleDefect['break'] =>
  (rights) => ({
    ...rights,
    open(...given) {
      const made = rights.open(...given);
      return made && change(made);
    },
  });

const always: ItemCondition = { op: 'all', of: [] };

export const ruleDefects: readonly [RuleDefect, ...RuleDefect[]] = [
  {
    name: 'a lease does not look at what is used',
    size: sizes['leases, deaths, duplicates, closes'],
    fault: /^over/,
    break: onLease((lease) => forget(lease, 'used')),
  },
  {
    name: 'a lease may pass the goal by one',
    size: sizes['leases, deaths, duplicates, closes'],
    fault: /^over/,
    break: (rights) => ({
      ...rights,
      lease: ({ totalMax, ...lease }) =>
        rights.lease({ ...lease, totalMax: totalMax === undefined ? undefined : totalMax + 1 }),
    }),
  },
  {
    name: 'a lease of several rights needs only one free',
    size: sizes['leases of two rights'],
    fault: /^over/,
    break: (rights) => ({
      ...rights,
      lease: ({ totalMax, ...lease }) =>
        rights.lease({
          ...lease,
          totalMax: totalMax === undefined ? undefined : totalMax + lease.rights - 1,
        }),
    }),
  },
  {
    name: 'a lease does not look at the day',
    size: sizes['two days'],
    fault: /^over.*of day/,
    break: onLease((lease) => forget(lease, 'd')),
  },
  {
    name: 'the day of a lease is that of UTC',
    size: sizes['two days'],
    fault: /of day|by its epochs/,
    break: onLease((lease) => {
      const [epoch = ''] = Object.keys(lease.add ?? {}).filter((name) => name.startsWith('l'));
      const { used = 0n } = lease.add ?? {};
      const day = `d${Math.floor(Number(epoch.slice(1)) / 4 / 1440)}`;
      return { ...forget(lease, 'd'), add: { used, [epoch]: used, [day]: used } };
    }),
  },
  {
    name: 'a lease takes an older plan',
    size: sizes['a goal that is lowered and raised'],
    fault: /^over/,
    break: onLease((lease) => forget(lease, 'plan')),
  },
  {
    name: 'a plan moves back',
    size: sizes['a goal that is changed while its plan moves'],
    fault: /^a plan moves back/,
    break: (rights) => ({
      ...rights,
      plan: (ledger, plan) => forget(rights.plan(ledger, plan), 'plan', 't0', 't1', 'used'),
    }),
  },
  {
    name: 'a late answer of a lease is of another generation',
    size: sizes['a ledger restored while a lease hangs'],
    fault: /^rights are granted of another generation/,
    break: onLease((lease) => forget(lease, 'generation')),
  },
  {
    name: 'an absent ledger grants rights',
    size: sizes['a ledger restored'],
    fault: /generation/,
    break: onLease(({ condition, ...lease }) => ({
      ...lease,
      condition: { op: 'any', of: [{ op: 'absent', attribute: 'generation' }, condition] },
    })),
  },
  {
    name: 'a lease in a closed epoch',
    size: sizes['leases, deaths, duplicates, closes'],
    fault: /^rights of a closed epoch/,
    break: onLease(({ condition, ...lease }) => ({
      ...lease,
      condition: withoutOp(condition, 'closed', '<'),
    })),
  },
  {
    name: 'a lease however many epochs are open',
    size: sizes['epochs far apart'],
    fault: /too far apart/,
    break: onLease(({ condition, ...lease }) => ({
      ...lease,
      condition: withoutOp(condition, 'closed', '>='),
    })),
  },
  {
    name: 'a ledger with rights out is brought near',
    size: sizes['epochs far apart'],
    fault: /./,
    break: (rights) => ({
      ...rights,
      near: (ledger, epoch) => rights.near({ ...ledger, leased: new Map() }, epoch),
    }),
  },
  {
    name: 'a ledger is brought near although a lease came between',
    size: sizes['epochs far apart'],
    fault: /./,
    break: (rights) => ({
      ...rights,
      near(...given) {
        const made = rights.near(...given);
        return made && forget(made, 'used');
      },
    }),
  },
  {
    name: 'a lease is charged to another epoch',
    size: sizes['leases, deaths, duplicates, closes'],
    fault: /counted without a right$/,
    break: onLease((lease) => ({ ...lease, add: { used: 1n, l4004: 1n, d0: 1n } })),
  },
  {
    name: 'rights that a late answer grants are spent although the plan is over',
    size: sizes['a goal that is lowered while a lease hangs'],
    fault: /^over/,
    break: (rights) => ({ ...rights, spendsOfOldPlans: true }),
  },
  {
    name: 'impressions of a closed epoch count',
    size: sizes['leases, deaths, duplicates, closes'],
    fault: /late: true/,
    break: onCount((count) => forget(count, 'closed')),
  },
  {
    name: 'only the last epoch of a chunk must be open',
    size: sizes['leases, deaths, duplicates, closes'],
    fault: /^over/,
    break: (rights) => ({
      ...rights,
      // The first try takes the records for ones in time, unless all of them are late.
      judge(records, counter) {
        const judged = rights.judge(records, counter);
        return judged.every(({ content }) => content.type === 'uncounted') ? judged : records;
      },
      count(chunk) {
        const { tracked } = chunk;
        const fence = tracked?.fence;
        if (fence?.inTimeFrom === undefined) return rights.count(chunk);
        const inTimeFrom = Math.max(...tracked!.rights.keys(), fence.inTimeFrom);
        return rights.count({ ...chunk, tracked: { ...tracked!, fence: { ...fence, inTimeFrom } } });
      },
    }),
  },
  {
    name: 'impressions of another generation count',
    size: sizes['a ledger restored'],
    fault: /./,
    break: onCount((count) => forget(count, 'generation')),
  },
  {
    name: 'an impression is counted without its claim',
    size: sizes['leases, deaths, duplicates, closes'],
    fault: /counted twice|^over/,
    break: (rights) => ({ ...rights, count: (chunk) => ({ ...rights.count(chunk), claims: [] }) }),
  },
  {
    name: 'a claim expires while copies of its impression may come',
    size: { ...sizes['claims that expire'], expiry: 'early' },
    fault: /counted twice|^over/,
    break: (rights) => rights,
  },
  {
    name: 'an impression is not counted for its epoch',
    size: sizes['leases, deaths, duplicates, closes'],
    fault: /counted without a right$/,
    break: onCount((count) => withoutAdd(count, 'i')),
  },
  {
    name: 'an impression is not counted for its day',
    size: sizes['two days'],
    fault: /a right of day/,
    break: onCount((count) => withoutAdd(count, 'd')),
  },
  {
    name: 'a redriven impression passes the fence',
    size: sizes['quarantine and redrive'],
    fault: /used/,
    break: (rights) => ({
      ...rights,
      settle: (...given) =>
        rights
          .settle(...given)
          .map(({ condition, ...action }) =>
            action.key.pk.startsWith('claim') ? ({ ...action, condition } as never) : (action as never),
          ),
    }),
  },
  {
    name: 'a redriven impression is not counted for its epoch',
    size: sizes['quarantine and redrive'],
    fault: /counted without a right$/,
    break: (rights) => ({
      ...rights,
      settle: (...given) =>
        rights
          .settle(...given)
          .map((action) => (action.type === 'update' ? withoutAdd(action, 'i') : action)),
    }),
  },
  {
    name: 'a close of another generation closes',
    size: sizes['a goal that begins anew'],
    fault: /late: false/,
    break: (rights) => ({
      ...rights,
      close(record, counter) {
        const made = rights.close({ ...record, generation: counter.generation }, counter);
        return made && forget(made, 'generation');
      },
    }),
  },
  {
    name: 'an older close opens epochs again',
    size: sizes['leases, deaths, duplicates, closes'],
    fault: /./,
    break: (rights) => ({
      ...rights,
      close(record, counter) {
        const made = rights.close(record, { ...counter, closed: undefined });
        return made && forget(made, 'closed');
      },
    }),
  },
  {
    name: 'the counter forgets impressions of an epoch before the ledger has closed it',
    size: sizes['leases, deaths, duplicates, closes'],
    fault: /counted without a right$/,
    break: (rights) => ({
      ...rights,
      close: (record, counter) => rights.close({ ...record, ledgerClosed: record.through }, counter),
    }),
  },
  {
    name: 'rights come back of epochs that the counter has not closed',
    size: sizes['one right'],
    fault: /used|leased/,
    break: (rights) => ({
      ...rights,
      back: (counter, ledger) => rights.back({ ...counter, closed: 5000 }, ledger),
    }),
  },
  {
    name: 'rights come back twice',
    size: sizes['two prepared writes'],
    fault: /used/,
    break: onBack((back) => forget(back, 'closed', 'l')),
  },
  {
    name: 'rights come back although more were leased meanwhile',
    size: sizes['a slow asker while rights are leased'],
    fault: /./,
    break: onBack((back) => forget(back, 'l')),
  },
  {
    name: 'the ledger is read before the counter',
    size: sizes['a slow asker'],
    fault: /used/,
    break: (rights) => ({ ...rights, readsLedgerFirst: true }),
  },
  {
    name: 'rights come back to the total and not to the day',
    size: sizes['two days'],
    fault: /a right of day/,
    break: onBack((back) => withoutAdd(back, 'd')),
  },
  {
    name: 'a new ledger begins at 0',
    size: sizes['a goal that is set'],
    fault: /^over|used/,
    break: onOpen((open) => ({
      ...open,
      ledger: open.ledger && { ...open.ledger, attributes: { ...open.ledger.attributes, used: 0n } },
    })),
  },
  {
    name: 'a goal is opened although a redriven impression came between',
    size: sizes['a goal that is set, and a redrive'],
    fault: /used/,
    break: onOpen((open) => ({ ...open, counter: forget(open.counter, 'total') })),
  },
  {
    name: 'a new generation keeps the impressions of the old one by epoch',
    size: sizes['a goal that begins anew'],
    fault: /./,
    break: onOpen(({ counter, ledger }) => ({ counter: { ...counter, remove: [] }, ledger })),
  },
  {
    name: 'a record that is read again replaces a ledger with rights out',
    size: sizes['counters restored, of a goal that is set'],
    fault: /./,
    break: (rights) => ({
      ...rights,
      open(record, counter) {
        const made = rights.open(record, counter, undefined);
        return made?.ledger && { ...made, ledger: { ...made.ledger, condition: always } };
      },
    }),
  },
  {
    name: 'a record of an older generation opens it again',
    size: sizes['a goal that is removed and set'],
    fault: /./,
    break: (rights) => ({
      ...rights,
      open(record, counter, ledger) {
        const made = rights.open(record, { ...counter, generation: -1 }, ledger);
        return made && { ...made, counter: forget(made.counter, 'generation') };
      },
    }),
  },
  {
    name: 'a ledger is put back as it was in the backup',
    size: { ...sizes['a ledger restored'], restore: 'careless' },
    fault: /used/,
    break: (rights) => rights,
  },
];

/** Without one comparison of an attribute that has two. */
function withoutOp(condition: ItemCondition, attribute: string, op: string): ItemCondition {
  if (condition.op !== 'all') return condition;
  const of = condition.of.filter(
    (part) => !('attribute' in part && part.attribute === attribute && part.op === op),
  );
  return { op: 'all', of };
}

/** Without what it adds to attributes of this name. */
function withoutAdd<Change extends { readonly add?: Readonly<Record<string, bigint>> }>(
  change: Change,
  name: string,
): Change {
  const add = Object.entries(change.add ?? {}).filter(([attribute]) => !isNamed(attribute, name));
  return { ...change, add: Object.fromEntries(add) };
}
