/**
 * Epochs: the periods that decisions are numbered by. One lasts ceil((T + 18) / 32) minutes, T being how many
 * minutes an impression may be reported after its epoch has ended; so the epochs that may still get reports are few.
 */
const minuteMs = 60_000;
const dayMinutes = 1440;
const clickHours = 24;
/** The most epochs of an ad that have rights out. */
export const openEpochsMax = 64;

export function epochMinutes(impressionMinutes: number): number {
  return Math.ceil((impressionMinutes + 18) / 32);
}

/**
 * The number of the epoch at an instant: four times its first minute since 1970, plus the day (since 1970) that its
 * decisions belong to, modulo 4. An epoch on both sides of midnight so has two numbers, which differ in the day.
 * @param day default: the UTC day of the instant
 */
export function epochAt(
  atMs: number,
  impressionMinutes: number,
  day = Math.floor(atMs / (dayMinutes * minuteMs)),
): number {
  const length = epochMinutes(impressionMinutes);
  const first = Math.floor(Math.floor(atMs / minuteMs) / length) * length;
  return first * 4 + (day % 4);
}

/** The first instant of an epoch, milliseconds since 1970. */
export function epochStartMs(epoch: number): number {
  return Math.floor(epoch / 4) * minuteMs;
}

/** Until when events of the decisions of an epoch count, exclusive, milliseconds since 1970. */
export function countsUntilMs(
  kind: 'impression' | 'click',
  epoch: number,
  impressionMinutes: number,
): number {
  const endMs = epochStartMs(epoch) + epochMinutes(impressionMinutes) * minuteMs;
  return kind === 'impression' ? endMs + impressionMinutes * minuteMs : endMs + clickHours * 60 * minuteMs;
}

/**
 * The day since 1970 that an epoch's decisions belong to. A local date is at most a day away from the UTC date, so the
 * two bits in the number tell which of them it is.
 */
export function dayOfEpoch(epoch: number): number {
  const utcDay = Math.floor(Math.floor(epoch / 4) / dayMinutes);
  const ahead = (((epoch - utcDay) % 4) + 4) % 4;
  return utcDay + (ahead === 3 ? -1 : ahead);
}

/** The last number that the epoch `count` epochs before this one may have. */
export function epochsBefore(epoch: number, count: number, impressionMinutes: number): number {
  return (Math.floor(epoch / 4) - count * epochMinutes(impressionMinutes)) * 4 + 3;
}

/** After the last instant at which an impression of an epoch counts, its record has this long to reach the log. */
const reportMinutes = 3;

/**
 * Up to which number epochs may be closed at an instant: the impressions of all of them stopped counting three minutes
 * before it. Negative: none may.
 */
export function closableThrough(atMs: number, impressionMinutes: number): number {
  const length = epochMinutes(impressionMinutes);
  const minute = Math.floor(atMs / minuteMs) - impressionMinutes - reportMinutes;
  return Math.floor(minute / length) * length * 4 - 1;
}

/** From when on an epoch may be closed, milliseconds since 1970. */
export function closableAtMs(epoch: number, impressionMinutes: number): number {
  return countsUntilMs('impression', epoch, impressionMinutes) + reportMinutes * minuteMs;
}

/** A number above those of all epochs of a day: the last local midnight of a date is half a day after that of UTC. */
export function firstEpochAfterDay(day: number): number {
  return (day + 2) * dayMinutes * 4;
}
