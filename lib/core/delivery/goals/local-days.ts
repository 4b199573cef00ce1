const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** No zone is further from UTC. */
const offsetMaxMs = 16 * hourMs;

/** A local day: the instants from `startMs` on and before `endMs`. Both are milliseconds since 1970. */
export interface LocalDay {
  /** The local date, in days since 1970. */
  readonly day: number;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The days of an IANA time zone. A day begins at the first instant of its local date, also where clocks go back over
 * midnight afterwards, and lasts 23 or 25 hours where they change; a date that a zone skips has no instants. Throws a
 * RangeError if the zone is not known here.
 */
export class LocalDays {
  readonly #format: Intl.DateTimeFormat;
  #last: LocalDay = { day: 0, startMs: -Infinity, endMs: -Infinity };

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  }

  at(atMs: number): LocalDay {
    // A report asks for one day after the other.
    while (this.#last.endMs <= atMs && atMs < this.#last.endMs + 2 * dayMs) {
      const { day, endMs } = this.#last;
      this.#last = { day: day + 1, startMs: endMs, endMs: this.startOf(day + 2) };
    }
    const { startMs, endMs } = this.#last;
    if (startMs <= atMs && atMs < endMs) return this.#last;
    // The last day that has begun: no zone is two dates ahead of UTC.
    let day = Math.floor(atMs / dayMs) + 2;
    let end = Infinity;
    let start = this.startOf(day);
    while (start > atMs) {
      day -= 1;
      end = start;
      start = this.startOf(day);
    }
    return (this.#last = { day, startMs: start, endMs: end });
  }

  /** The first instant whose local date is this day or a later one. */
  startOf(day: number): number {
    const utcMs = day * dayMs;
    let fromMs = utcMs - offsetMaxMs;
    let offsetMs = this.#offsetAt(fromMs);
    // Two changes of clocks are more than an hour apart.
    for (let toMs = fromMs + hourMs; ; toMs += hourMs) {
      const nextMs = this.#offsetAt(toMs);
      const changeMs = nextMs === offsetMs ? toMs : this.#changeBetween(toMs - hourMs, toMs, offsetMs);
      const beginMs = Math.max(fromMs, utcMs - offsetMs);
      if (beginMs < changeMs) return beginMs;
      fromMs = changeMs;
      offsetMs = nextMs;
    }
  }

  /** The first instant that has another offset than the one at `fromMs`. */
  #changeBetween(fromMs: number, toMs: number, offsetMs: number): number {
    let before = fromMs;
    let after = toMs;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#offsetAt(middle) === offsetMs) before = middle;
      else after = middle;
    }
    return after;
  }

  /** How far local clocks are ahead of UTC, milliseconds. */
  #offsetAt(atMs: number): number {
    const [, sign, hours = '0', minutes = '0', seconds = '0'] =
      offsetPattern.exec(this.#format.format(atMs)) ?? [];
    const ms = Number(hours) * hourMs + Number(minutes) * minuteMs + Number(seconds) * 1000;
    return sign === '-' ? -ms : ms;
  }
}

/** `GMT` is UTC itself. */
const offsetPattern = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;
