import { describe, expect, it } from '@jest/globals';
import {
  gzipTag,
  matchedVersions,
  parseEntityTags,
  strongMatch,
  weakMatch,
} from '../../lib/api/request/entity-tags.ts';
import { parsePrefer } from '../../lib/api/request/prefer.ts';
import { principalOf } from '../../lib/api/request/principal.ts';
import { header, headerValues } from '../../lib/api/request/request-header.ts';

describe('Prefer', () => {
  it.each([
    ['wait=5', { waitSeconds: 5 }],
    ['WAIT = "10"', { waitSeconds: 10 }],
    ['respond-async, wait=3; foo=bar, return=representation', { waitSeconds: 3, representation: true }],
    ['wait=1, wait=9', { waitSeconds: 1 }],
    ['wait=x, wait=9', {}],
    ['Wait=1, WAIT=9', { waitSeconds: 1 }],
    [', ,wait=4,,', { waitSeconds: 4 }],
    ['return=minimal', { minimal: true }],
    ['Return=Representation, return=minimal', { representation: true }],
    ['return="re\\presentation"', { representation: true }],
    ['wait=11', { waitSeconds: 10 }],
    ['wait=60', { waitSeconds: 10 }],
    [`wait=${'9'.repeat(400)}`, { waitSeconds: 10 }],
    ['wait=007', { waitSeconds: 7 }],
    ['wait="3"', { waitSeconds: 3 }],
    ['wait="\\3"', { waitSeconds: 3 }],
    ['wait=5 ; foo="a, wait=9"; wait=8', { waitSeconds: 5 }],
    ['foo="a, wait=3, b"', {}],
    ['foo="a, wait=3, b", wait=2', { waitSeconds: 2 }],
    ['foo="a \\", wait=3, b", wait=2', { waitSeconds: 2 }],
    ['foo; bar="x, wait=3", wait=2', { waitSeconds: 2 }],
    ['foo="a, wait=3', {}],
    ['wait=0', {}],
    ['wait=-1', {}],
    ['wait=1.5', {}],
    ['wait="3 "', {}],
    ['wait=3 4', {}],
    ['wait', {}],
    ['wait=', {}],
    ['wait=, wait=3', {}],
    [';wait=3', {}],
    ['=,;"', {}],
    ['', {}],
    [`${'x,'.repeat(1000)}wait=5`, {}],
  ])('%j asks for %j', (value, preferences) => {
    expect(parsePrefer(value)).toStrictEqual({ representation: false, ...preferences });
  });
});

describe('Entity tags', () => {
  it.each([
    ['"17"', [17]],
    ['"1", "2" ,"3"', [1, 2, 3]],
    ['W/"17"', []],
    ['"017", "x", "", "1.0", "99999999999999999"', []],
    [', "30",', [30]],
    [',,"1",\t,"2",', [1, 2]],
    ['"17-gzip"', [17]],
  ])('%s matches the versions %j', (text, versions) => {
    const tags = parseEntityTags(text);
    expect(tags?.type).toBe('list');
    expect(tags?.type === 'list' && matchedVersions(tags)).toStrictEqual(versions);
  });

  it.each([
    '',
    '17',
    '"17',
    "'17'",
    ',',
    ' , ,',
    '"1" , x',
    '"1" "2"',
    'w/"1"',
    '*, "1"',
    Array(21).fill('"1"').join(),
  ])('%j is malformed', (text) => {
    expect(parseEntityTags(text)).toBeUndefined();
  });

  it.each([
    ['"a"', '"a"', true, true],
    ['W/"a"', '"a"', true, false],
    ['"a"', 'W/"a"', true, false],
    ['W/"a"', 'W/"a"', true, false],
    ['"b", W/"a"', 'W/"a"', true, false],
    ['"b", "a"', '"a"', true, true],
    [', "a",', '"a"', true, true],
    ['"a-gzip"', '"a"', true, true],
    ['W/"a-gzip"', 'W/"a"', true, false],
    ['"b"', '"a"', false, false],
    ['"a-br"', '"a"', false, false],
  ])('%s and %s: weakly %s, strongly %s (RFC 9110, 8.8.3.2)', (text, tag, weakly, strongly) => {
    const tags = parseEntityTags(text);
    if (tags?.type !== 'list') throw new Error('not a list');
    expect(weakMatch(tags, tag) !== undefined).toBe(weakly);
    expect(strongMatch(tags, tag)).toBe(strongly);
  });

  it.each(['*', ' * ', ',*', '*,'])('%j is any', (text) => {
    expect(parseEntityTags(text)).toStrictEqual({ type: 'any' });
  });

  it('of the gzip form are others', () => {
    expect([gzipTag('"17"'), gzipTag('W/"1-a-"')]).toStrictEqual(['"17-gzip"', 'W/"1-a--gzip"']);
  });
});

describe('A header', () => {
  it('is found whatever its case, with every value', () => {
    const event = { headers: { 'X-A': '2', 'x-b': '3' }, multiValueHeaders: { 'X-a': ['1', '2'] } };
    expect(headerValues(event, 'x-a')).toStrictEqual(['1', '2']);
    expect(header(event, 'x-a')).toBe('1, 2');
    expect(header(event, 'x-b')).toBe('3');
    expect(header(event, 'x-c')).toBeUndefined();
  });

  it('may be missing in either form', () => {
    const none = { headers: null, multiValueHeaders: null } as never;
    expect(header(none, 'x-a')).toBeUndefined();
    expect(header({ headers: { 'x-a': '1' } }, 'x-a')).toBe('1');
  });
});

describe('The principal', () => {
  const principal = (requestContext: object): string => principalOf({ requestContext } as never);

  it('is what the authorizer says, else who signed, else nobody', () => {
    const identity = { userArn: 'arn:aws:iam::1:user/ann' };
    expect(principal({ authorizer: { principalId: 'ann' }, identity })).toBe('ann');
    expect(principal({ authorizer: null, identity })).toBe('arn:aws:iam::1:user/ann');
    expect(principal({ identity: { userArn: null } })).toBe('anonymous');
    expect(principal({})).toBe('anonymous');
  });

  it('is the same for every session of a role', () => {
    const arn = 'arn:aws:sts::1:assumed-role/writer/';
    expect(principal({ identity: { userArn: `${arn}session-1` } })).toBe(
      'arn:aws:sts::1:assumed-role/writer',
    );
    expect(principal({ identity: { userArn: `${arn}session-2` } })).toBe(
      'arn:aws:sts::1:assumed-role/writer',
    );
  });
});
