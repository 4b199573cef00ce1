import { describe, expect, it } from '@jest/globals';
import { isMediaType } from '../../lib/api/request/media-type.ts';

describe('The media type', () => {
  const isJson = (value: string): boolean =>
    isMediaType({ headers: { 'CONTENT-type': value }, multiValueHeaders: {} }, ['application/json']);

  it.each([
    'application/json',
    ' Application/JSON ',
    'application/json;charset=utf-8',
    'application/json; charset="UTF-8"',
    'application/json; charset=utf-8;',
    'application/json;',
    'application/json ; ; charset=utf8 ;',
    'application/json; charset=utf-16',
    'application/json; profile="a;b \\" c"',
  ])('%j is JSON', (value) => {
    expect(isJson(value)).toBe(true);
  });

  it.each([
    ...['', 'text/json', 'application/json5', 'application/problem+json', 'application/json, text/plain'],
    ...[
      'application/json; charset',
      'application/json charset=utf-8',
      'application/json; =x',
      'application/json;"',
    ],
    ...['application/json; a=b c', `application/json${';'.repeat(500)}`],
  ])('%j is not', (value) => {
    expect(isJson(value)).toBe(false);
  });

  it('is said once', () => {
    const multiValueHeaders = { 'content-type': ['application/json', 'application/json'] };
    expect(isMediaType({ headers: {}, multiValueHeaders }, ['application/json'])).toBe(false);
  });
});
