/** What a container of a version reports of itself when it is warmed up. */
export interface WarmContainer {
  readonly container: string;
  /** The version of the function that runs in it. */
  readonly version: string;
  /** undefined: it could not load the catalog. */
  readonly catalogVersion: number | undefined;
}

/** What is known of a version that waits for its first call. */
export interface ReleaseFacts {
  readonly version: string;
  /** The stage's `cloud.warmContainers`. */
  readonly containersMin: number;
  /** The newest version of the catalog when the wait began. */
  readonly headVersion: number;
  /** Each container once, with its last report. */
  readonly containers: readonly WarmContainer[];
}

export interface ReleaseRule {
  readonly name: string;
  /** Why the facts break the rule; undefined: they do not. */
  readonly brokenBy: (facts: ReleaseFacts) => string | undefined;
}

/** Rules that every version meets before its first call. A version that breaks one gets none. */
export const releaseRules: readonly ReleaseRule[] = [
  {
    // Otherwise the containers of another version would be counted for this one.
    name: 'its-own-containers',
    brokenBy: ({ version, containers }) => {
      const strangers = containers.filter((each) => each.version !== version);
      return strangers.length === 0
        ? undefined
        : `${strangers.length} containers run version ${strangers[0]?.version ?? ''}, not ${version}`;
    },
  },
  {
    name: 'enough-containers',
    brokenBy: ({ containersMin, containers }) =>
      containers.length >= containersMin
        ? undefined
        : `${containers.length} of ${containersMin} containers answered`,
  },
  {
    name: 'catalog-current',
    brokenBy: ({ headVersion, containers }) => {
      const stale = containers.filter(({ catalogVersion = -1 }) => catalogVersion < headVersion);
      return stale.length === 0
        ? undefined
        : `${stale.length} of ${containers.length} containers hold no catalog of version ${headVersion} or later`;
    },
  },
];

/** `<rule>: <reason>` of each rule that the facts break. */
export function brokenRules(facts: ReleaseFacts): string[] {
  return releaseRules.flatMap(({ name, brokenBy }) => {
    const reason = brokenBy(facts);
    return reason === undefined ? [] : [`${name}: ${reason}`];
  });
}
