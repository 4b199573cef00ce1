import { functionNames, type FunctionName } from '../../stages.ts';

/** One line of the picture: what it shows never overlaps, because viewers take only what nests. */
export interface Thread {
  readonly row: Row;
  readonly tid: number;
  readonly name: string;
  busy: boolean;
}

/** As many things of one kind at a time have lines of their own; the spans of more are left out. */
const threadsMax = 10_000;

/** A group of lines: a process in the words of the format, though all of it is one. */
export class Row {
  readonly pid: number;
  readonly name: string;
  readonly #byLabel = new Map<string, Thread[]>();
  #count = 0;

  constructor(pid: number, name: string) {
    this.pid = pid;
    this.name = name;
  }

  /** The first free line of this label, which is to be given back; undefined: there are too many. */
  take(label: string): Thread | undefined {
    let threads = this.#byLabel.get(label);
    if (threads === undefined) this.#byLabel.set(label, (threads = []));
    let thread = threads.find(({ busy }) => !busy);
    if (thread === undefined) {
      if (this.#count === threadsMax) return undefined;
      const name = threads.length === 0 ? label : `${label} ${threads.length + 1}`;
      // Unlike real ones, these numbers are unique over all processes: a viewer may take a thread by it alone.
      thread = { row: this, tid: this.pid * threadsMax + this.#count, name, busy: false };
      this.#count += 1;
      threads.push(thread);
    }
    thread.busy = true;
    return thread;
  }
}

/** The rows of a trace, from top to bottom. */
export function createRows() {
  const functions = functionNames.map((name, i) => [name, new Row(10 + i, `function ${name}`)] as const);
  return {
    door: new Row(1, 'HTTP door and gateway'),
    functions: Object.fromEntries(functions) as Readonly<Record<FunctionName, Row>>,
    log: new Row(40, 'event log'),
    commit: new Row(41, 'group commit'),
    deliveries: {
      'project-ads': new Row(50, 'delivery ad-events to project-ads'),
      'aggregate-increments': new Row(51, 'delivery increments to aggregate-increments'),
    },
    state: new Row(60, 'state store'),
    quarantine: new Row(61, 'quarantine'),
    schedule: new Row(62, 'expiry schedule'),
    timer: new Row(70, 'expiry timer'),
  };
}

export type Rows = ReturnType<typeof createRows>;
