import { InvalidInputError, ProblemError, type AdtallyError } from './errors.ts';

/** An invalid field of an entry; its path is within the entry. */
export interface EntryError {
  readonly path: string;
  readonly message: string;
}

/**
 * The entries of a list that the API or the client refused, with their errors. An answer names up to 50 invalid
 * fields, such as `increments.3.key`. Empty: it is another error, or about something else.
 */
export function faultyEntries(
  error: AdtallyError,
  list: string,
  size: number,
): ReadonlyMap<number, readonly EntryError[]> {
  const found = new Map<number, EntryError[]>();
  const isOfFields =
    error instanceof InvalidInputError || (error instanceof ProblemError && error.status === 400);
  if (!isOfFields) return found;
  for (const { path, message } of error.errors) {
    const [name, digits = '', ...rest] = path.split('.');
    if (name !== list || !/^\d{1,3}$/.test(digits) || Number(digits) >= size) continue;
    const errors = found.get(Number(digits)) ?? [];
    found.set(Number(digits), [...errors, { path: rest.join('.'), message }]);
  }
  return found;
}
