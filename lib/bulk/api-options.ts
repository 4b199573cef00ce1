import { UsageError, value } from '../../lib/options.ts';

const tokenVariable = 'ADTALLY_TOKEN';
const expected = 'a token as npm run tokens prints it';

export const tokenOption = value(expected, parseToken, {
  argument: '<token>',
  about: `an API token, for a stage that requires one (default: the variable ${tokenVariable}, which does not
show in a list of processes)`,
});

/** The token of the command line, or of the environment; throws a UsageError. */
export function tokenOf(given: string | undefined, environment = process.env): string | undefined {
  if (given !== undefined) return given;
  const text = environment[tokenVariable] ?? '';
  if (text === '') return undefined;
  const token = parseToken(text);
  if (token === undefined) throw new UsageError(`${tokenVariable} must be ${expected}`);
  return token;
}

/** A token is one word of a header: no space or control character may end it. */
function parseToken(text: string): string | undefined {
  return /^[\x21-\x7e]{1,1000}$/.test(text) ? text : undefined;
}
