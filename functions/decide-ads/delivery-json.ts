import type { AdDelivery, DeliveryPoint } from '../../lib/app/delivery/delivery-reader.ts';
import { invalidReasons } from '../../lib/core/delivery/tracked-event.ts';
import { formatInstant } from '../../lib/core/instant.ts';

/** Members of an object, without its braces. Written by our own code: JSON.stringify takes no bigint. */
export function numbersJson({ impressions, clicks, notCounted }: AdDelivery): string {
  const { duplicate, late, invalid } = notCounted;
  const reasons = invalidReasons.map((reason) => `"${reason.replaceAll('-', '_')}":${invalid[reason]}`);
  const apart = `{"duplicate":${duplicate},"late":${late},"invalid":{${reasons.join(',')}}}`;
  return `"impressions":${impressions},"clicks":${clicks},"ctr":${ratio(clicks, impressions)},"not_counted":${apart}`;
}

export function pointsJson(points: readonly DeliveryPoint[]): string {
  return points
    .map(
      ({ atMs, impressions, clicks }) =>
        `{"at":"${formatInstant(atMs)}","impressions":${impressions},"clicks":${clicks}}`,
    )
    .join(',');
}

/** To six decimals. More clicks than impressions are possible: a beacon may be lost where the click is not. */
function ratio(clicks: bigint, impressions: bigint): string {
  if (impressions === 0n) return 'null';
  const millionths = (clicks * 1_000_000n + impressions / 2n) / impressions;
  return String(Number(millionths) / 1_000_000);
}
