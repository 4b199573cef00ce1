export interface Zone {
  readonly name: string;
  /**
   * The instants at which clocks of the zone show the time that `localMs` is in UTC: one; none where they are put
   * forward over it; two where they are put back.
   */
  instantsOf(localMs: number): number[];
}

const dayMs = 86_400_000;

/** `name`: of the IANA database, such as Asia/Taipei; throws a RangeError for another. */
export function createZone(name: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    timeZoneName: 'longOffset',
    // So that the parts have nothing else.
    hour: 'numeric',
  });
  if (name === 'UTC') return { name, instantsOf: (localMs) => [localMs] };
  const offsetMs = (atMs: number): number => {
    const text = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes, seconds] = /^GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(text) ?? [];
    // GMT alone: no offset.
    const total = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
    return (sign === '-' ? -1000 : 1000) * total;
  };
  return {
    name,
    instantsOf(localMs) {
      // No zone moves its clocks twice within two days.
      const offsets = new Set([offsetMs(localMs - dayMs), offsetMs(localMs + dayMs)]);
      return [...offsets]
        .map((offset) => localMs - offset)
        .filter((instant) => instant + offsetMs(instant) === localMs);
    },
  };
}

export function isZoneName(name: string): boolean {
  try {
    createZone(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
