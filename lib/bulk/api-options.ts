import { commandName, UsageError, value, type Option } from '../options.ts';

/** The options of a program that calls an API. */

export const addressDefault = 'http://127.0.0.1:3333';

/** An API with its stage, unlike `serverUrl` over TLS too. */
export function addressOption(about: string): Option<string | undefined> {
  const form = 'the address of an API, with the stage if it has one: https://api.example.com/prod';
  return value(form, parseAddress, { argument: '<url>', about });
}

function parseAddress(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const extras = [url.search, url.hash, url.username, url.password];
  if (extras.some((extra) => extra !== '')) return undefined;
  // Not the text: paths go behind it, and it may end with a space or a question mark.
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

export const tokenVariable = 'ADTALLY_TOKEN';
const expected = `a token as ${commandName('tokens')} prints it`;

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
