/**
 * Epochs: the periods that decisions are numbered by. One lasts ceil((T + 18) / 32) minutes, T being how many
 * minutes an impression may be reported after its epoch has ended; so the epochs that may still get reports are few.
 */
const minuteMs = 60_000;
const dayMinutes = 1440;
const clickHours = 24;

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
