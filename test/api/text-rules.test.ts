import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countryCodes, isAskedCountry } from '../../lib/api/request/countries.ts';
import { decodeCursor, encodeCursor } from '../../lib/api/request/cursor.ts';
import { FieldErrors } from '../../lib/api/request/field-errors.ts';
import { escapeHtml, inlineHtml } from '../../lib/api/document/docs/html.ts';
import { decodePathParameters } from '../../lib/api/request/path-parameters.ts';
import { codePointCount, text, textFault } from '../../lib/api/request/text-rules.ts';

describe('A text', () => {
  it('is counted in code points', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(codePointCount(text)).toBe(Array.from(text).length);
      }),
    );
    expect(codePointCount('\ud800')).toBe(1);
    expect(codePointCount('a\udc00\ud800')).toBe(3);
  });

  it('keeps to its bounds', () => {
    const rule = { min: 5, max: 8, multiline: true };
    const unit = fc.constantFrom('a', 'é', '😀');
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), (units) => {
        expect(textFault(units.join(''), rule) === undefined).toBe(units.length >= 5 && units.length <= 8);
      }),
    );
  });

  it('keeps CRLF as LF where it may have lines, and counts it as one', () => {
    const parse = (value: string, multiline: boolean, max = 5) =>
      text({ min: 1, max, multiline }, '').safeParse(value);
    expect(parse('a\r\nb\r\n', true)).toStrictEqual({ success: true, data: 'a\nb\n' });
    expect(parse('\r\n\r\n\r\n', true, 3).success).toBe(true);
    for (const value of ['a\rb', 'a\r\r\nb', 'a\n\r'])
      expect([value, parse(value, true).success]).toEqual([value, false]);
    expect(parse('a\r\nb', false).success).toBe(false);
  });

  it('has no control characters, but for line breaks and tabs where it may have lines', () => {
    for (let code = 0; code < 0x110; code += 1) {
      const character = String.fromCharCode(code);
      const isControl = code < 0x20 || (code >= 0x7f && code <= 0x9f);
      const isLayout = character === '\n' || character === '\t';
      const fault = (multiline: boolean) => textFault(character, { min: 1, max: 1, multiline }) !== undefined;
      expect([code, fault(false)]).toStrictEqual([code, isControl]);
      expect([code, fault(true)]).toStrictEqual([code, isControl && !isLayout]);
    }
  });
});

describe('Country codes', () => {
  it('are 249, sorted, in upper case, without those that nobody assigned', () => {
    expect(countryCodes).toHaveLength(249);
    expect(countryCodes).toStrictEqual([...new Set(countryCodes)].sort());
    for (const code of ['TW', 'BQ', 'SS', 'AX', 'GB']) expect(countryCodes).toContain(code);
    for (const code of ['XK', 'UK', 'EU', 'AN', 'XX', 'T1']) expect(countryCodes).not.toContain(code);
  });

  it('may be asked for as any two upper-case letters, or T1', () => {
    for (const code of ['TW', 'XK', 'XX', 'AA', 'ZZ', 'T1'])
      expect([code, isAskedCountry(code)]).toEqual([code, true]);
    for (const code of ['tw', 'Tw', 'tW', 'T2', '1T', 'A1', 't1', 'T', 'TWN', '', '@A', 'A[', 'ÄÖ']) {
      expect([code, isAskedCountry(code)]).toEqual([code, false]);
    }
  });
});

describe('A path parameter', () => {
  it('is decoded once, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const key = text.toWellFormed();
        const errors = new FieldErrors();
        const event = { pathParameters: { key: encodeURIComponent(key) } };
        expect(decodePathParameters(event, errors)).toStrictEqual({ key });
        expect(errors.count).toBe(0);
      }),
    );
  });

  it.each(['%', '%2', '%zz', '%ff', '%c3', '%ed%a0%80'])('%s is named as faulty', (key) => {
    const errors = new FieldErrors();
    expect(decodePathParameters({ pathParameters: { key } }, errors)).toStrictEqual({});
    expect(errors.named.map(({ path }) => path)).toStrictEqual(['key']);
  });
});

describe('A cursor', () => {
  it('leads back to its id, and takes no other text', () => {
    const id = '019aa3d0-0000-7000-8000-000000000000';
    expect(decodeCursor(encodeCursor(id))).toBe(id);
    const others = [
      '',
      id,
      encodeCursor(''),
      encodeCursor('x'),
      `${encodeCursor(id)}=`,
      `${encodeCursor(id)} `,
    ];
    for (const text of others) expect(decodeCursor(text)).toBeUndefined();
  });
});

describe('HTML', () => {
  it('lets no markup through', () => {
    expect(escapeHtml(`<a href="x" b='y'>&`)).toBe('&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;');
    expect(inlineHtml('`<b>` & c')).toBe('<code>&lt;b&gt;</code> &amp; c');
  });
});
