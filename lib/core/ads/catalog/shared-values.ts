import { parseJson } from '../ad-row.ts';

const valuesMax = 4096;
const decoder = new TextDecoder();

/** Objects of rows, parsed and checked once for each text: many ads have equal ones. */
export class SharedValues<Value> {
  readonly #isValue: (value: unknown) => value is Value;
  readonly #byText = new Map<string, Value>();

  constructor(isValue: (value: unknown) => value is Value) {
    this.#isValue = isValue;
  }

  /** undefined: the bytes are none. */
  read(bytes: Uint8Array): Value | undefined {
    const text = decoder.decode(bytes);
    const shared = this.#byText.get(text);
    if (shared !== undefined) return shared;
    const value = parseJson(text);
    if (!this.#isValue(value)) return undefined;
    if (this.#byText.size < valuesMax) this.#byText.set(text, value);
    return value;
  }
}
