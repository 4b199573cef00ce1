/** A rolling hash of every step of a seed, and on request the steps themselves. */
export class Trace {
  #a = 0x811c9dc5;
  #b = 0x9e3779b9;
  readonly #lines: string[] | undefined;

  constructor(recording: boolean) {
    this.#lines = recording ? [] : undefined;
  }

  get recording(): boolean {
    return this.#lines !== undefined;
  }

  get lines(): readonly string[] {
    return this.#lines ?? [];
  }

  /** 16 hex digits. */
  get hash(): string {
    return hex(this.#a) + hex(this.#b);
  }

  /** Part of the hash alone: the instants of steps nobody tells of. */
  mix(value: number): void {
    this.#a = Math.imul(this.#a ^ (value | 0), 0x01000193);
    this.#b = Math.imul(this.#b ^ (value * 4096), 0x85ebca6b) + (this.#a >>> 15);
  }

  add(atMs: number, line: string): void {
    this.mix(atMs);
    let a = this.#a;
    for (let i = 0; i < line.length; i += 1) a = Math.imul(a ^ line.charCodeAt(i), 0x01000193);
    this.#a = a;
    this.#b = Math.imul(this.#b ^ a, 0x85ebca6b) + (a >>> 13);
    this.#lines?.push(`${(atMs / 1000).toFixed(3).padStart(10)} s  ${line}`);
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
