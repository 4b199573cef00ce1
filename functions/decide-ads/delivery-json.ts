import type { AdDelivery, DeliveryPoint } from '../../lib/app/delivery/delivery-reader.ts';
import type { AdGoalReport } from '../../lib/app/delivery/goal-reports.ts';
import { invalidReasons } from '../../lib/core/delivery/tracked-event.ts';
import { formatInstant } from '../../lib/core/instant.ts';

/** Members of an object, without its braces. Written by our own code: JSON.stringify takes no bigint. */
export function numbersJson({ impressions, clicks, notCounted }: AdDelivery, goal?: AdGoalReport): string {
  const { duplicate, late, invalid } = notCounted;
  const reasons = invalidReasons.map((reason) => `"${reason.replaceAll('-', '_')}":${invalid[reason]}`);
  const apart = `{"duplicate":${duplicate},"late":${late},"invalid":{${reasons.join(',')}}}`;
  return `"impressions":${impressions},"clicks":${clicks},"ctr":${ratio(clicks, impressions)},"not_counted":${apart}${goalJson(goal)}`;
}

/** What is said of the goal of an ad, after other members; nothing if it has none. */
function goalJson(report: AdGoalReport | undefined): string {
  if (report === undefined) return '';
  const { goal, remaining, today, rights, pace } = report;
  const members = {
    goal,
    ...(remaining !== undefined && { remaining }),
    ...(today && {
      today: {
        date: formatInstant(today.day * dayMs).slice(0, dateLength),
        ...{ impressions: today.impressions, remaining: today.remaining },
      },
    }),
    rights,
    pace: {
      planned: pace.planned,
      ratio: pace.ratio === undefined ? null : Math.round(pace.ratio * 1_000_000) / 1_000_000,
      state: pace.state.replaceAll('-', '_'),
    },
  };
  return `,${JSON.stringify(members).slice(1, -1)}`;
}

const dayMs = 86_400_000;
const dateLength = 'yyyy-mm-dd'.length;

/** `planned`: the impressions that the plan has in the bucket that begins at an instant; undefined: there is no plan. */
export function pointsJson(
  points: readonly DeliveryPoint[],
  planned: ((atMs: number) => number) | undefined,
): string {
  return points
    .map(({ atMs, impressions, clicks }) => {
      const plan = planned === undefined ? '' : `,"planned":${planned(atMs)}`;
      return `{"at":"${formatInstant(atMs)}","impressions":${impressions},"clicks":${clicks}${plan}}`;
    })
    .join(',');
}

/** To six decimals. More clicks than impressions are possible: a beacon may be lost where the click is not. */
function ratio(clicks: bigint, impressions: bigint): string {
  if (impressions === 0n) return 'null';
  const millionths = (clicks * 1_000_000n + impressions / 2n) / impressions;
  return String(Number(millionths) / 1_000_000);
}
