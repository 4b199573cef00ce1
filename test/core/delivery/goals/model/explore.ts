import { faultOf, keyOf, restFault } from './checks.ts';
import type { Rights } from './rights.ts';
import { firstState, Moves, type Size, type State } from './world.ts';

export interface Explored {
  readonly states: number;
  /** More states are left: it ended at `statesMax`. */
  readonly cut: boolean;
  /** undefined: nothing is wrong. */
  readonly violation: Violation | undefined;
}

export interface Violation {
  readonly fault: string;
  /** The fewest moves that lead to it. */
  readonly trace: readonly string[];
}

/** Goes through every state that can be reached, nearest first. */
export function explore(size: Size, rights: Rights, statesMax: number): Explored {
  const moves = new Moves(size, rights);
  const first = firstState(size);
  const known = new Set([keyOf(first)]);
  /** By the number of a state: the state it was first reached from, and by which of its moves. */
  const from: number[] = [0];
  const by: number[] = [0];
  let frontier: State[] = [first];
  let numbers: number[] = [0];
  while (frontier.length > 0) {
    const next: State[] = [];
    const nextNumbers: number[] = [];
    for (const [i, state] of frontier.entries()) {
      for (const [index, move] of moves.of(state).entries()) {
        const reached = move.apply();
        const key = keyOf(reached);
        const fault = known.has(key) ? '' : faultOf(reached, size) || restFault(reached, size, rights);
        if (known.has(key)) continue;
        known.add(key);
        from.push(numbers[i]!);
        by.push(index);
        if (fault !== '') {
          const trace = retrace(moves, first, pathTo(from.length - 1, from, by));
          return { states: known.size, cut: false, violation: { fault, trace } };
        }
        next.push(reached);
        nextNumbers.push(from.length - 1);
        if (known.size >= statesMax) return { states: known.size, cut: true, violation: undefined };
      }
    }
    frontier = next;
    numbers = nextNumbers;
  }
  return { states: known.size, cut: false, violation: undefined };
}

/** The indices of the moves that lead from the first state to this one. */
function pathTo(number: number, from: readonly number[], by: readonly number[]): number[] {
  const path: number[] = [];
  for (let at = number; at !== 0; at = from[at]!) path.unshift(by[at]!);
  return path;
}

function retrace(moves: Moves, first: State, path: readonly number[]): string[] {
  let state = first;
  return path.map((index) => {
    const move = moves.of(state)[index]!;
    state = move.apply();
    return move.label();
  });
}

/** Enough for a drawn order to lease, show, close, lease again and restore. */
export const movesOfAWalk = 60;

/** One order of at most `moves` moves, drawn by `below`; undefined: nothing goes wrong. */
export function walk(
  size: Size,
  rights: Rights,
  { moves: count, below }: { readonly moves: number; readonly below: (n: number) => number },
): Violation | undefined {
  const moves = new Moves(size, rights);
  const trace: string[] = [];
  let state = firstState(size);
  for (let i = 0; i < count; i++) {
    const possible = moves.of(state);
    if (possible.length === 0) return undefined;
    const move = possible[below(possible.length)]!;
    trace.push(move.label());
    state = move.apply();
    const fault = faultOf(state, size) || restFault(state, size, rights);
    if (fault !== '') return { fault, trace };
  }
  return undefined;
}
