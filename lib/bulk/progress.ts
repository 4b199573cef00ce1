import type { Clock } from '../ports/clock.ts';

export interface Progress {
  /**
   * Begins a phase of `total` steps and returns the function that is called with the number of steps done.
   */
  phase(name: string, total: number): (done: number) => void;
  /** Ends the phase with a text about it. */
  finish(text: string): void;
}

export interface ProgressOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly write: (text: string) => void;
  /** A bar that moves; else one line per phase, at its end. */
  readonly terminal: boolean;
}

const barWidth = 30;
const redrawEveryMs = 100;
const nameWidth = 34;

export function createProgress({ clock, write, terminal }: ProgressOptions): Progress {
  let name = '';
  return {
    phase(phaseName, total) {
      name = phaseName;
      let drawnAtMs = -Infinity;
      return (done) => {
        if (!terminal || clock.monotonicMs() - drawnAtMs < redrawEveryMs) return;
        drawnAtMs = clock.monotonicMs();
        const filled = Math.floor((done / total) * barWidth);
        const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
        write(`\r${name.padEnd(nameWidth)} ${bar} ${format(done)} of ${format(total)} `);
      };
    },
    finish(text) {
      // Clears to the end of the line: the bar is longer than the text.
      write(`${terminal ? '\r\u001b[K' : ''}${name.padEnd(nameWidth)} ${text}\n`);
    },
  };
}

export function format(number: number): string {
  return number.toLocaleString('en');
}

export function adsText(count: number): string {
  return `${format(count)} ad${count === 1 ? '' : 's'}`;
}
