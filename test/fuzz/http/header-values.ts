import fc from 'fast-check';
import type { Text } from './draft.ts';

/** The preferences that the API accepts in `Prefer`. */
export interface Preference {
  readonly text: string;
  /** Seconds that it may say were applied; undefined: none. */
  readonly waitSeconds?: number;
}

/** RFC 7240: quoted strings are one value, the first of a name counts, and what means nothing is ignored. */
export const preferences: readonly Preference[] = [
  { text: 'wait=1', waitSeconds: 1 },
  { text: 'Wait = "5"', waitSeconds: 5 },
  { text: 'wait=60', waitSeconds: 10 },
  { text: 'wait=2, return=representation', waitSeconds: 2 },
  { text: 'foo="a, wait=3, b"' },
  { text: 'foo="\\", wait=3", wait=4;x=1', waitSeconds: 4 },
  { text: ', wait=3,, wait=4', waitSeconds: 3 },
  { text: 'wait=0, wait=5' },
  { text: 'wait=-1' },
  { text: 'return=representation' },
  { text: 'return=minimal, respond-async' },
];

/** What a client takes, and whether that may be gzip. */
export const acceptEncodings: readonly (readonly [text: string, gzip: boolean])[] = [
  ['gzip', true],
  ['x-gzip;q=0.5', true],
  ['br, *;q=0.1', true],
  ['deflate, GZIP ; q=1.000,', true],
  ['gzip;q=0', false],
  ['gzip;q=0, *', false],
  ['identity, gzip;q=0.5', false],
  ['br', false],
  ['', false],
];

/** Hosts of this machine. */
export const ownHosts = [
  'localhost',
  'LOCALHOST:80',
  'a.localhost',
  'localhost.',
  '127.8.9.10:1',
  '[::1]:3333',
];

/** A page on the web may be led to this machine by any of them (DNS rebinding). */
export const foreignHosts = [
  ...['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:80', '10.0.0.1', '0.0.0.0', '[::2]'],
  ...['128.0.0.1', '127.0.0.256', 'notlocalhost', 'localhost..'],
];

/** No authority at all (RFC 9110, 7.2). */
export const badHosts = [
  'a b/c',
  'u@localhost',
  'localhost:x',
  'localhost:99999',
  '[::1',
  'http://localhost',
  'a,b',
];

export const ownOrigins = [
  'http://localhost:5173',
  'https://127.0.0.1',
  'http://[::1]:80',
  'http://a.localhost',
];

export const foreignOrigins = [
  ...[
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'file://',
    'http://127.0.0.1@evil.example',
  ],
  ...['ftp://localhost', 'localhost', 'http://localhost/path'],
];

/** Lists of entity tags as RFC 9110 has them, empty elements included; some name what an answer had. */
export function entityTags(name: string): fc.Arbitrary<Text> {
  const around = fc.constantFrom<readonly [string, string] | undefined>(
    undefined,
    [', "0",,', ','],
    ['"x,y" ,', '\t'],
  );
  const known = fc.tuple(fc.nat(29), around).map(([index, edges]): Text => ({
    pool: name,
    index,
    otherwise: undefined,
    ...(edges && { around: edges }),
  }));
  const others = fc.constantFrom('*', ' , *', '"1"', 'W/"1"', '"1", "2"', ',"2-gzip",,"1-gzip"', '""');
  return fc.oneof(known, others);
}

/** No list of entity tags, or one of too many. */
export const badEntityTags = [
  ...['', ',', '1', '"1', '1"', 'w/"1"', '"1" "2"', '*, "1"', '"a b"'],
  Array.from({ length: 21 }, (_, i) => `"${i}"`).join(','),
];
