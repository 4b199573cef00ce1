import type { Refusal } from './ad-change.ts';
import type { AdContent } from './ad.ts';

/** What the fields of an ad must keep to together, when it is created or changed at `atMs`. undefined: fine. */
export function checkContent(content: AdContent, atMs: number): Refusal | undefined {
  if (content.endAt <= content.startAt) return 'invalid-window';
  if (content.ageStart !== null && content.ageEnd !== null && content.ageStart > content.ageEnd) {
    return 'invalid-ages';
  }
  return content.endAt <= atMs ? 'already-ended' : undefined;
}
