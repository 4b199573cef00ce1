import type { Check } from './check.ts';

/** An invalid field. `path` and `message` are as in the API's answers: `increments.3.key`. */
export interface Fault {
  readonly path: string;
  /** What the field must be. */
  readonly message: string;
  readonly value: unknown;
}

/** As many as the API names in one answer. */
export const faultsMax = 50;

/** Finds the fields that break the rule, at most `faultsMax`. */
export function findFaults(check: Check, value: unknown, path = ''): Fault[] {
  const faults: Fault[] = [];
  visit(check, value, path, faults);
  return faults;
}

function visit(check: Check, given: unknown, path: string, faults: Fault[]): void {
  if (faults.length >= faultsMax) return;
  const value = asSent(given);
  const message = faultOf(check, value);
  if (message !== undefined) faults.push({ path, message, value });
  else if (Array.isArray(value) && check.items !== undefined) {
    for (let index = 0; index < value.length; index++)
      visit(check.items, value[index], join(path, String(index)), faults);
  } else if (check.properties !== undefined && value !== null)
    visitFields(check, value as Readonly<Record<string, unknown>>, path, faults);
}

function visitFields(
  { properties = {}, required = [] }: Check,
  value: Readonly<Record<string, unknown>>,
  path: string,
  faults: Fault[],
): void {
  for (const name of Object.keys(value)) {
    // JSON has no undefined: such a field is not sent.
    if (value[name] === undefined) continue;
    const check = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (check !== undefined) visit(check, value[name], join(path, name), faults);
    else if (faults.length < faultsMax) {
      const message = `is not a field of the API; the fields are ${Object.keys(properties).join(', ')}`;
      faults.push({ path: join(path, name), message, value: value[name] });
    }
  }
  for (const name of required) {
    if (value[name] !== undefined || faults.length >= faultsMax) continue;
    faults.push({ path: join(path, name), message: 'must be given', value: undefined });
  }
}

/** What JSON.stringify makes of it: a Date becomes text. */
function asSent(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { toJSON } = value as { readonly toJSON?: unknown };
  return typeof toJSON === 'function' ? (toJSON.call(value) as unknown) : value;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function faultOf(check: Check, value: unknown): string | undefined {
  const types = Array.isArray(check.type) ? check.type : [check.type];
  if (value === null && types.includes('null')) return undefined;
  switch (types[0]) {
    case 'string':
      return typeof value === 'string' ? textFault(check, value) : textRule(check);
    case 'integer':
      return isWithin(check, value) ? undefined : `must be a whole number ${range(check)}`;
    case 'array':
      return Array.isArray(value) ? itemsFault(check, value.length) : 'must be a list';
    default:
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? undefined
        : 'must be an object';
  }
}

function isWithin({ minimum = -Infinity, maximum = Infinity }: Check, value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum;
}

function range({ minimum, maximum }: Check): string {
  return maximum === undefined ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
}

function itemsFault({ minItems = 0, maxItems = Infinity }: Check, count: number): string | undefined {
  if (count >= minItems && count <= maxItems) return undefined;
  return minItems === 0
    ? `must have at most ${maxItems} entries`
    : `must have ${minItems} to ${maxItems} entries`;
}

const surrogate = /[\ud800-\udfff]/;
const loneSurrogate = /\p{Cs}/u;

function textFault(check: Check, given: string): string | undefined {
  if (check.enum !== undefined) return check.enum.includes(given) ? undefined : textRule(check);
  if (surrogate.test(given) && loneSurrogate.test(given)) return 'must not contain a lone surrogate';
  // The API counts a line break of Windows as one character, which JSON Schema cannot say.
  const text = given.includes('\r') ? given.replaceAll('\r\n', '\n') : given;
  const { minLength = 0, maxLength = Infinity, pattern } = check;
  // A text has at least half as many code points as units, and at most as many: most need no counting.
  const length =
    text.length >= 2 * minLength && text.length <= maxLength ? text.length : Array.from(text).length;
  if (length < minLength || length > maxLength)
    return `must have ${minLength} to ${maxLength} characters; it has ${length}`;
  return pattern?.test(text) === false ? check.hint : undefined;
}

const namesMax = 8;

function textRule({ enum: values = [] }: Check): string {
  if (values.length === 0) return 'must be text';
  if (values.length > namesMax)
    return `must be one of the ${values.length} values of the API, such as ${values[0]}`;
  return `must be one of ${values.join(', ')}`;
}
