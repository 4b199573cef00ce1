/** Which live ads a list has. An absent field does not filter. */
export interface ListFilter {
  /** `scheduled`: not started yet. */
  readonly status?: ListedStatus | undefined;
  /** Ads that are shown to this country, or `unknown`: ads that target none. */
  readonly country?: string | undefined;
  /** How the title begins, character by character. */
  readonly title?: string | undefined;
  readonly externalId?: string | undefined;
}

export const listedStatuses = ['scheduled', 'active'] as const;
export type ListedStatus = (typeof listedStatuses)[number];
