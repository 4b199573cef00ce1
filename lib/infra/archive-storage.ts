import type { StageSettings } from '../stages.ts';

/** From then on hardly anybody reads a part of the archive. */
export const coldAfterDays = 30;

/** Colder storage charges for so many days at least. */
const coldDaysMin = 90;

/** Whether parts move to storage at a sixth of the price, from which they are read as fast. */
export function isArchiveCold({ archive }: Pick<StageSettings, 'archive'>): boolean {
  return archive.keepDays >= coldAfterDays + coldDaysMin;
}
