import type { DecisionExplanation } from '../api.ts';
import { plural } from '../format.ts';
import { exclusionText } from './exclusions.ts';

/** The placement of a question, which decides nothing. */
export const askedPlacement = { id: 'console' };

/** What a decision would do with the ad that was asked about; `whom`: such as "for anyone". */
export function decisionWords({ ad, priorities }: DecisionExplanation, whom: string): string {
  if (ad === null) return '';
  if (ad.excluded_by !== null)
    return `A decision ${whom} does not choose it: it ${exclusionText(ad.excluded_by, ad)}.`;
  // Decisions draw from the first priority with ads; the ad is in it, since none is before it. So it is one of those
  // that are behind their goals, if there are any.
  const { ready = 0, behind = 0 } = priorities.find((one) => one.ready > 0) ?? {};
  const drawn = behind > 0 ? behind : ready;
  return drawn === 1
    ? `A decision ${whom} chooses it.`
    : `A decision ${whom} draws one of ${plural(drawn, 'ad')}, by weight, and it is among them.`;
}
