/** A value that is mostly there at once. */
export type SoonOrNow<Value> = Value | Promise<Value>;

/**
 * Goes on with a value: at once if it is there, else as soon as it is. A promise costs the busiest calls more than most
 * of what they do, and few of them wait for anything.
 */
export function andThen<Value, Next>(
  value: SoonOrNow<Value>,
  next: (value: Value) => SoonOrNow<Next>,
): SoonOrNow<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}
