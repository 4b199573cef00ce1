import { expect, it } from '@jest/globals';
import { addressOption } from '../../lib/bulk/api-options.ts';
import { UsageError } from '../../lib/options.ts';

const read = (text: string): string | undefined => addressOption('where').read([text], 'url');

it.each([
  ['http://127.0.0.1:3333', 'http://127.0.0.1:3333'],
  ['https://api.example.com/prod', 'https://api.example.com/prod'],
  ['https://api.example.com/prod//', 'https://api.example.com/prod'],
  [' https://api.example.com/prod ', 'https://api.example.com/prod'],
  ['https://api.example.com/prod?', 'https://api.example.com/prod'],
  ['https://api.example.com/prod#', 'https://api.example.com/prod'],
])('the address %j is one that paths can follow', (text, address) => {
  expect(read(text)).toBe(address);
});

it.each(['api.example.com', 'ftp://a', 'http://a?b', 'http://a#b', 'http://me@a', 'http://:secret@a', ''])(
  '%j is no address of an API',
  (text) => {
    expect(() => read(text)).toThrow(UsageError);
  },
);
