import type { Delivery } from './api.ts';
import { exact } from './format.ts';

/** What a report says of an ad, or of several. */
export interface DeliveryNumbers {
  readonly impressions: number | bigint;
  readonly clicks: number | bigint;
  readonly ctr: number | null;
  readonly not_counted: {
    readonly duplicate: number | bigint;
    readonly late: number | bigint;
    readonly invalid: Readonly<Record<string, number | bigint>>;
  };
}

/** What a report says of a goal; all of it is absent without one. */
type GoalNumbers = Pick<Delivery, 'impressions' | 'goal' | 'today' | 'rights' | 'pace'>;

const paces: Readonly<Record<NonNullable<Delivery['pace']>['state'], string>> = {
  waiting: 'it has not started',
  on_plan: 'on plan',
  behind: 'behind its plan',
  done: 'reached',
  over: 'ended short of it',
};

/** Goal: 120 of 1,000 impressions, 20 of 50 today. 30 planned by now: on plan. … Without a goal: nothing. */
export function goalText({ impressions, goal, today, rights, pace }: GoalNumbers): string {
  if (goal === undefined || rights === undefined || pace === undefined) return '';
  const { total, daily } = goal.impressions;
  const parts = [
    ...(total === undefined ? [] : [`${exact(impressions)} of ${exact(total)} impressions`]),
    ...(today === undefined || daily === undefined
      ? []
      : [`${exact(today.impressions)} of ${exact(daily)} today`]),
  ];
  const reached = parts.length === 0 ? '' : `${parts.join(', ')}. `;
  const plan = `${exact(pace.planned)} planned by now: ${paces[pace.state]}. `;
  return `Goal: ${reached}${plan}Rights: ${exact(rights.out)} out, ${exact(rights.returned)} came back unseen.`;
}

/** The reasons in the order in which they are shown; any other is shown by its own name. */
const reasons: Readonly<Record<string, string>> = {
  duplicate: 'sent again',
  late: 'late',
  bot: 'from robots',
  prefetch: 'fetched ahead',
  no_user_agent: 'without a user agent',
};

/** Why reports were not counted, and how many: those reasons that occurred. */
function notCounted({
  not_counted: { duplicate, late, invalid },
}: Pick<DeliveryNumbers, 'not_counted'>): readonly (readonly [string, number | bigint])[] {
  return Object.entries({ duplicate, late, ...invalid })
    .filter(([, value]) => value > 0)
    .map(([name, value]) => [reasons[name] ?? name.replaceAll('_', ' '), value]);
}

/** How many reports were not counted. */
export function notCountedSum(numbers: Pick<DeliveryNumbers, 'not_counted'>): number {
  return notCounted(numbers).reduce((sum, [, value]) => sum + Number(value), 0);
}

/** 2 sent again, 1 fetched ahead; none: a dash. */
export function notCountedText(numbers: Pick<DeliveryNumbers, 'not_counted'>): string {
  const parts = notCounted(numbers).map(([reason, value]) => `${exact(value)} ${reason}`);
  return parts.length === 0 ? '–' : parts.join(', ');
}

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumSignificantDigits: 3 });

/** 0.5% · 33.3%; without impressions: a dash. */
export function ctrText(ctr: number | null): string {
  return ctr === null ? '–' : percent.format(ctr);
}
