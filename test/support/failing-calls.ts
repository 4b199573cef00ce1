/**
 * Runs a piece of work with one of its calls of a port disturbed: once for each call and each kind of
 * disturbance. Goal: no order of two effects goes untested, because the process may end, and a port may fail,
 * between any two of them. Not a goal: two faults in one run; the simulator draws those.
 */

/** What ends a process at once; no code of ours handles it. */
export class KilledError extends Error {
  override readonly name = 'KilledError';
}

export interface Fault {
  /** The call to fail, counted over all ports from 0; Infinity: none. */
  readonly at: number;
  /** Before it takes effect, or after: then nobody knows that it did. */
  readonly when: 'before' | 'after';
  /** The port's own error, which is handled, or the end of the process: no later call reaches a port. */
  readonly how: 'unavailable' | 'killed';
}

/** An end before a call is the end after the call before it. */
const faultKinds: readonly Omit<Fault, 'at'>[] = [
  { when: 'before', how: 'unavailable' },
  { when: 'after', how: 'unavailable' },
  { when: 'after', how: 'killed' },
];

/** The error with which each port fails. */
export type Failures<Ports> = { readonly [Name in keyof Ports]: () => Error };

export interface DisturbedPorts<Ports> {
  readonly ports: Ports;
  /** Calls made so far. */
  readonly calls: () => number;
}

/** Methods that answer at once: no process ends in them. */
const immediate: ReadonlySet<string | symbol> = new Set(['hashPosition', 'onAppend']);

/** Each of these makes several writes, which succeed and fail each by itself. */
const severalWrites: ReadonlySet<string | symbol> = new Set(['writeEach', 'transactEach']);

/** The ports with one call that fails. */
export function createFailingCalls<Ports extends Record<string, object>>(
  ports: Ports,
  failures: Failures<Ports>,
  fault: Fault,
): DisturbedPorts<Ports> {
  let isGone = false;
  return disturbCalls(ports, async (call, name, work) => {
    if (isGone) throw new KilledError();
    if (call !== fault.at) return work();
    isGone = fault.how === 'killed';
    const error = isGone ? new KilledError() : failures[name]();
    if (fault.when === 'after') await work();
    throw error;
  });
}

/** The ports with other work done before one call. */
function createInterruptedCalls<Ports extends Record<string, object>>(
  ports: Ports,
  at: number,
  interrupt: () => Promise<unknown>,
): DisturbedPorts<Ports> {
  return disturbCalls(ports, async (call, _, work) => {
    if (call === at) await interrupt();
    return work();
  });
}

/** The ports with each call held back until `turn` resolves. */
export function createWaitingCalls<Ports extends Record<string, object>>(
  ports: Ports,
  turn: () => Promise<unknown>,
): DisturbedPorts<Ports> {
  return disturbCalls(ports, async (_call, _name, work) => {
    await turn();
    return work();
  });
}

type Disturb<Ports> = (
  call: number,
  name: keyof Ports & string,
  work: () => Promise<unknown>,
) => Promise<unknown>;

function disturbCalls<Ports extends Record<string, object>>(
  ports: Ports,
  disturb: Disturb<Ports>,
): DisturbedPorts<Ports> {
  let calls = 0;
  const wrap = (name: string, port: object): object =>
    new Proxy(port, {
      get(target, method) {
        const found: unknown = Reflect.get(target, method);
        if (typeof found !== 'function' || immediate.has(method)) return found;
        const call = (args: readonly unknown[]) =>
          disturb(calls++, name, () => Reflect.apply(found, target, args) as Promise<unknown>);
        return severalWrites.has(method)
          ? async (writes: readonly unknown[]) => eachByItself(writes, (write) => call([[write]]))
          : async (...args: readonly unknown[]) => call(args);
      },
    });
  const wrapped = Object.entries(ports).map(([name, port]) => [name, wrap(name, port)]);
  return { ports: Object.fromEntries(wrapped) as Ports, calls: () => calls };
}

/** One write after another; the failure of one is its own result. */
async function eachByItself(
  writes: readonly unknown[],
  make: (write: unknown) => Promise<unknown>,
): Promise<readonly unknown[]> {
  const results: unknown[] = [];
  for (const write of writes) {
    try {
      const [result] = (await make(write)) as readonly unknown[];
      results.push(result);
    } catch (error) {
      if (error instanceof KilledError) throw error;
      results.push(error);
    }
  }
  return results;
}

export interface Work<World, Ports> {
  /** A new world, always the same. */
  readonly open: () => Promise<World>;
  readonly portsOf: (world: World) => Ports;
  readonly failures: Failures<Ports>;
  /** What is disturbed; it gets the ports to use. */
  readonly run: (ports: Ports, world: World) => Promise<unknown>;
}

interface Disturbed<World> {
  /** As the disturbed run left it. */
  readonly world: World;
  /** For messages: which call was disturbed, and how. */
  readonly what: string;
  /** The error of the run; undefined: it came to its end. */
  readonly error: unknown;
}

/** More calls than any work under test makes. */
const callsMax = 2000;

/** The worlds in which one call of the work failed, for each call and each kind of fault. */
export async function* failEachCall<World, Ports extends Record<string, object>>(
  work: Work<World, Ports>,
): AsyncGenerator<Disturbed<World>> {
  const calls = await countCalls(work);
  for (const kind of faultKinds) {
    for (let at = 0; at < calls; at += 1) {
      const world = await work.open();
      const failing = createFailingCalls(work.portsOf(world), work.failures, { ...kind, at });
      const what = `call ${at} of ${calls}: ${kind.how} ${kind.when} it took effect`;
      yield { world, what, error: await errorOf(work.run(failing.ports, world)) };
    }
  }
}

/** The worlds in which `other` was done, undisturbed, before one call of the work, for each call. */
export async function* interruptEachCall<World, Ports extends Record<string, object>>(
  work: Work<World, Ports>,
  other: (world: World) => Promise<unknown>,
): AsyncGenerator<Disturbed<World>> {
  const calls = await countCalls(work);
  for (let at = 0; at < calls; at += 1) {
    const world = await work.open();
    const interrupted = createInterruptedCalls(work.portsOf(world), at, () => other(world));
    const what = `interrupted before call ${at} of ${calls}`;
    yield { world, what, error: await errorOf(work.run(interrupted.ports, world)) };
  }
}

async function countCalls<World, Ports extends Record<string, object>>(
  work: Work<World, Ports>,
): Promise<number> {
  const world = await work.open();
  const { ports, calls } = disturbCalls(work.portsOf(world), (_call, _name, make) => make());
  await work.run(ports, world);
  if (calls() === 0 || calls() > callsMax) throw new RangeError(`${calls()} calls are not a test`);
  return calls();
}

async function errorOf(running: Promise<unknown>): Promise<unknown> {
  try {
    await running;
    return undefined;
  } catch (error) {
    return error;
  }
}
