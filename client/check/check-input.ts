import { InvalidInputError } from '../errors.ts';
import type { Check, InputChecks } from './check.ts';
import { findFaults, type Fault } from './find-faults.ts';

/**
 * Throws an InvalidInputError that names every field that the API would refuse, as far as its document tells.
 * Rules between fields and rules of a stage stay with the API.
 */
export function checkInput(
  call: string,
  checks: InputChecks,
  input: Readonly<Record<string, unknown>>,
): void {
  const faults: Fault[] = [];
  for (const name of checks.required) {
    if (input[name] === undefined) faults.push({ path: name, message: 'must be given', value: undefined });
  }
  for (const name in checks.parameters) {
    const check = checks.parameters[name];
    if (check === undefined || input[name] === undefined) continue;
    faults.push(...findFaults(check, asParameter(check, input[name]), name));
  }
  // A missing body is refused when the request is made.
  if (checks.body !== undefined && input.body !== undefined)
    faults.push(...findFaults(checks.body, input.body));
  if (faults.length > 0) throw new InvalidInputError(describe(call, faults), faults);
}

const digits = /^\d{1,16}$/;

/** Parameters are text: a number may be given as digits, a text as a number, a list of one as its member. */
function asParameter({ type }: Check, value: unknown): unknown {
  if (type === 'array') return Array.isArray(value) ? value : [value];
  if (type === 'integer') {
    if (typeof value === 'bigint') return Number(value);
    return typeof value === 'string' && digits.test(value) ? Number(value) : value;
  }
  return typeof value === 'number' || typeof value === 'bigint' ? `${value}` : value;
}

const faultsToldMax = 5;
const valueLengthMax = 60;

function describe(call: string, faults: readonly Fault[]): string {
  const told = faults.slice(0, faultsToldMax).map(describeFault);
  const more = faults.length > told.length ? [`${faults.length - told.length} more in errors`] : [];
  return `${call}: ${[...told, ...more].join('; ')}. Nothing was sent.`;
}

/** `key "" must have 1 to 256 characters` */
export function describeFault({ path, message, value }: Fault): string {
  return [path, show(value), message].filter((part) => part !== '').join(' ');
}

function show(value: unknown): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return `(a list of ${value.length})`;
  if (typeof value === 'object' && value !== null) return '(an object)';
  const text =
    typeof value === 'bigint' ? `${value}` : ((JSON.stringify(value) as string | undefined) ?? typeof value);
  return text.length > valueLengthMax ? `${text.slice(0, valueLengthMax)}...` : text;
}
