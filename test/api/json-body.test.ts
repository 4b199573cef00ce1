import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isExactInteger } from '../../lib/api/request/json-body.ts';
import { parseJsonBody } from '../../lib/api/request/json-body.ts';
import { duplicateMembers } from '../../lib/api/request/json-duplicates.ts';

const parse = (body: string) => parseJsonBody({ body, isBase64Encoded: false });

describe('A number in a body', () => {
  it.each([
    '1',
    '0',
    '-7',
    '1.0',
    '1e3',
    '1E+3',
    '100e-2',
    '1.50e1',
    '9007199254740991',
    '9.007199254740991e15',
    '0e5',
  ])('%s is an integer exactly as written', (source) => {
    expect(isExactInteger(source)).toBe(true);
  });

  it.each([
    ...[
      '-0',
      '-0.0',
      '0.5',
      '1e-1',
      '1e400',
      '-1e400',
      '9007199254740992',
      '9007199254740991.4',
      '1e999999999',
    ],
    ...['0.99999999999999999999', '1.00000000000000000001', '20e-999999999', '1e-400', '9007199254740990.6'],
  ])('%s is not', (source) => {
    expect(isExactInteger(source)).toBe(false);
  });

  it('is exact when it is a safe integer, whatever its notation', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(30), (value, shift) => {
        fc.pre(value !== 0);
        expect(isExactInteger(String(value))).toBe(true);
        expect(isExactInteger(`${value}${'0'.repeat(shift)}e-${shift}`)).toBe(true);
        expect(isExactInteger(`${value}.${'0'.repeat(shift)}1`)).toBe(false);
      }),
    );
  });
});

describe('A JSON body', () => {
  it('is what JSON.parse makes of it, when nothing is suspicious', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        fc.pre(
          !/[.eE-]|\d{16}/.test(text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').replaceAll(/true|false/g, '')),
        );
        const value: unknown = JSON.parse(text);
        expect(parse(text)).toStrictEqual({ ok: true, value });
      }),
    );
  });

  it.each([
    ['{"a":1,"a":1}', ['a']],
    ['{"a":{"b":1,"c":2,"b":3},"d":[{"e":1},{"e":1,"e":2}]}', ['a.b', 'd.1.e']],
    ['{"a\\"":1,"a\\u0022":2}', ['a"']],
    ['{"":1,"":2}', ['']],
    ['{"a":"{\\"b\\":1,\\"b\\":2}","b":"\\\\","c":1}', []],
    ['[{"a":1},{"a":1},["a","a"]]', []],
  ])('%s has the duplicates %j', (text, paths) => {
    expect(duplicateMembers(text)).toStrictEqual(paths);
    const parsed = parse(text);
    expect(parsed.ok ? [] : parsed.errors.map(({ path }) => path)).toStrictEqual(paths);
  });

  it('finds a duplicate wherever it is put', () => {
    const dictionary = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 }), {
      minKeys: 1,
    });
    fc.assert(
      fc.property(dictionary, fc.nat(), (object, pick) => {
        const names = Object.keys(object);
        const name = names[pick % names.length] ?? '';
        const text = JSON.stringify(object);
        expect(duplicateMembers(text)).toStrictEqual([]);
        const twice = `${text.slice(0, -1)},${JSON.stringify(name)}:0}`;
        expect(parse(twice)).toMatchObject({ ok: false, errors: [{ path: name }] });
      }),
    );
  });

  // Covers API4.6 (docs/security.md).
  it('is at most 32 levels deep', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(parse(nested(32)).ok).toBe(true);
    expect(parse(nested(33)).ok).toBe(false);
    expect(parse(`"${'['.repeat(100)}"`).ok).toBe(true);
  });
});
