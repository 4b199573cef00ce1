/**
 * Spreadsheets run a cell that begins with one of these as a formula (OWASP, "CSV Injection"). A single quote in
 * front makes it text. A cell that has such quotes already gets one more, so taking one away is exact.
 */
const guardedOrFormula = /^'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
const guarded = /^'+[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

export function guardFormula(cell: string): string {
  return guardedOrFormula.test(cell) ? `'${cell}` : cell;
}

export function unguardFormula(cell: string): string {
  return guarded.test(cell) ? cell.slice(1) : cell;
}
