import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { prettyJson } from '../../../console/docs/pretty-json.ts';
import { jsonText } from '../../../lib/api/document/docs/literal.ts';

describe('JSON on many lines', () => {
  it('keeps every digit', () => {
    expect(prettyJson('{"a":27021597764222973,"b":[1.0,-0,1e400],"c":{},"d":[]}')).toBe(
      '{\n  "a": 27021597764222973,\n  "b": [\n    1.0,\n    -0,\n    1e400\n  ],\n  "c": {},\n  "d": []\n}',
    );
  });

  it('is what JSON.stringify makes of whatever JSON there is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value);
        expect(prettyJson(json)).toBe(JSON.stringify(JSON.parse(json), null, 2));
      }),
    );
  });

  it('ends on what is no JSON', () => {
    for (const text of ['', '"', '}}]', '{"a', '<p>', '\\', '"\\'])
      expect(typeof prettyJson(text)).toBe('string');
  });
});

describe('JSON on as few lines as fit', () => {
  it('means the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value);
        expect(JSON.stringify(JSON.parse(jsonText(JSON.parse(json))))).toBe(JSON.stringify(JSON.parse(json)));
      }),
    );
  });
});
