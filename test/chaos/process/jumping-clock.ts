/**
 * Import it before bin/local.ts: a wall clock that is off by CHAOS_SHIFT_MS and jumps on command. A command
 * gives the new time and the number of further readings before the jump, so that the clock also jumps between
 * two readings of one synchronous piece of code. The jump is confirmed when it has happened. Monotonic time
 * and timers do not change, as when the clock of a real machine is set.
 */
export interface JumpOrder {
  readonly shiftMs: number;
  readonly afterReadings: number;
}

export interface JumpDone {
  readonly shiftMs: number;
}

const trueNow = Date.now.bind(Date);
let shiftMs = Number(process.env['CHAOS_SHIFT_MS'] ?? 0);
let order: JumpOrder | undefined;
let readings = 0;

function shiftedNow(): number {
  readings += 1;
  if (order !== undefined && readings > order.afterReadings) {
    ({ shiftMs } = order);
    order = undefined;
    process.send?.({ shiftMs } satisfies JumpDone);
  }
  return trueNow() + shiftMs;
}

globalThis.Date = new Proxy(Date, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget) as Date,
});
globalThis.Date.now = shiftedNow;

process.on('message', (message) => {
  order = message as JumpOrder;
  readings = 0;
});
// The order's channel must not keep the process alive.
process.channel?.unref();
