import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseExactJson, tellsSource } from '../../client/exact-json.ts';

const ways = [
  ['what JSON.parse tells', true],
  ['a search of the text', false],
] as const;

it('runs where JSON.parse tells how a number was written', () => {
  expect(tellsSource).toBe(true);
});

describe.each(ways)('an exact JSON parser that relies on %s', (_name, native) => {
  it.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740993', -9007199254740993n],
    ['[123456789012345678901234567890,1]', [123456789012345678901234567890n, 1]],
    ['{"9007199254740993":9007199254740993}', { '9007199254740993': 9007199254740993n }],
    ['"9007199254740993"', '9007199254740993'],
    ['"a\\"9007199254740993"', 'a"9007199254740993'],
    ['["\\\\",9007199254740993]', ['\\', 9007199254740993n]],
    ['9007199254740993.5', 9007199254740994],
    ['12345678901234567e3', Number('12345678901234567e3')],
    ['0.12345678901234567', Number('0.12345678901234567')],
    ['1e16', 1e16],
  ])('reads %s', (text, value) => {
    expect(parseExactJson(text, native)).toEqual(value);
  });

  it.each([
    '',
    '{',
    '9007199254740993x',
    '{"a":90071992547409930',
    '01234567890123456789',
    '[9007199254740993,]',
  ])('refuses %j', (text) => {
    expect(() => parseExactJson(text, native)).toThrow(SyntaxError);
  });

  it('gives back every text and every whole number as written', () => {
    const leaf = fc.oneof(fc.string({ unit: 'grapheme' }), fc.bigInt(), fc.boolean(), fc.constant(null));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(write(parseExactJson(write(value), native))).toBe(write(value));
      }),
    );
  });
});

function write(value: unknown): string {
  if (typeof value === 'bigint' || typeof value === 'number') return value.toString();
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}:${write(one)}`);
  return `{${members.join(',')}}`;
}
