import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { resolveConfig } from 'prettier';
import { CheckTexts } from '../../client/generator/check-text.ts';
import { generateClient } from '../../client/generator/generate.ts';
import { TypeTexts } from '../../client/generator/type-text.ts';
import { operations } from '../../client/generated/operations.ts';
import { countries, genders, isCountry, isGender, isPlatform, platforms } from '../../client/index.ts';
import { inlineDocument, type Operation } from '../../lib/api/document/openapi.ts';
import { routes } from '../../lib/api/routes.ts';

const folder = 'client/generated';

describe('the generated client', () => {
  it('is what the generator makes of the document today; if not: npm run client:generate', async () => {
    const made = await generateClient(inlineDocument(), (await resolveConfig(`${folder}/calls.ts`)) ?? {});
    const checkedIn = readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')]);
    expect(Object.fromEntries(checkedIn)).toEqual(Object.fromEntries(made));
  });

  it('has every call of the API that a program makes', () => {
    const called = routes.filter(({ path }) => !path.startsWith('/t/'));
    expect(Object.keys(operations).sort()).toEqual(called.map(({ operationId }) => operationId).sort());
  });

  it('gives a call one type of answers, but where the caller asks for one without a body', async () => {
    const files = await generateClient(inlineDocument(), {});
    const text = (files.get('calls.ts') ?? '').replace(/\s+/g, ' ');
    expect(text).toMatch(/export type CreateAdAnswer = Answer<\s?201 \| 202, AdWritten,/);
    expect(text).not.toContain('CreateAdAnyAnswer');
    const any = [...text.matchAll(/export type (\w+)AnyAnswer =/g)].map(([, name]) => name);
    expect(any).toEqual([
      ...['QueryAds', 'GetAd', 'DeleteAd', 'Increment'],
      ...['GetRoot', 'GetOpenApi', 'GetDocs', 'GetConsole', 'GetIcon'],
    ]);
  });

  it('does not take two bodies of one call for one type', async () => {
    const document = inlineDocument();
    const { get } = document.paths['/health'] as { get: Operation };
    const other = { ...get.responses['200']!, content: { 'text/plain': {} } };
    const two = { ...get, responses: { ...get.responses, 201: other } };
    await expect(generateClient({ ...document, paths: { '/health': { get: two } } }, {})).rejects.toThrow(
      'getHealth has answers with different bodies',
    );
  });

  it('has a list and a guard of each set of words that ads are made of', () => {
    expect([genders, platforms, countries.length]).toEqual([['M', 'F'], ['android', 'ios', 'web'], 249]);
    expect(countries.every(isCountry)).toBe(true);
    for (const wrong of ['tw', 'T1', 'XX', '', ' TW', 'T', undefined, null, 7, ['TW']]) {
      expect([wrong, isCountry(wrong)]).toEqual([wrong, false]);
    }
    expect([isGender('M'), isGender('m'), isPlatform('web'), isPlatform('Web')]).toEqual([
      ...[true, false, true, false],
    ]);
  });

  it('does not take a call for one of its own methods', async () => {
    const document = inlineDocument();
    const get = { ...document.paths['/health']!['get']!, operationId: 'facts' };
    await expect(generateClient({ ...document, paths: { '/health': { get } } }, {})).rejects.toThrow(
      'the client already has a member facts',
    );
  });
});

describe('the type of a schema', () => {
  const texts = new TypeTexts();

  it.each([
    [{ type: 'integer', minimum: 0 }, 'ExactInteger'],
    [{ type: 'integer', minimum: 0, maximum: 9 }, 'number'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ anyOf: [{ type: 'boolean' }, { $ref: '#/components/schemas/Ad' }] }, 'boolean | Ad'],
    [{ type: 'array', items: { enum: ['a', 1] } }, 'readonly ("a" | 1)[]'],
    [{ type: 'object', properties: {} }, 'Readonly<Record<string, never>>'],
    [{ const: 'accepted' }, '"accepted"'],
    [{}, 'unknown'],
  ])('%j is %s', (schema, type) => {
    expect(texts.type(schema)).toBe(type);
  });

  it.each([[{ not: {} }], [{ type: 'tuple' }], [{ allOf: [] }]])('is an error for %j', (schema) => {
    expect(() => texts.type(schema)).toThrow('the generator of the client does not know');
  });
});

describe('the check of a schema', () => {
  it.each([
    [{ type: 'integer', minimum: 1, description: 'D', format: 'int32' }, '{ type: "integer", minimum: 1 }'],
    [{ $ref: '#/components/schemas/Word' }, '{ type: "string", enum: words }'],
    [{ type: 'string', enum: ['a'] }, '{ type: "string", enum: ["a"] }'],
    [{ pattern: '^/$', examples: ['/'] }, `{ pattern: /^\\/$/u, hint: "must be text such as /" }`],
    [{ pattern: '^a$', description: 'an a. Or not.' }, '{ pattern: /^a$/u, hint: "must be an a" }'],
    [
      { type: 'string', enum: 'abcdefghi'.split('') },
      `{ type: "string", enum: 'a b c d e f g h i'.split(' ') }`,
    ],
    [{ type: 'array', items: { type: 'null' } }, '{ type: "array", items: { type: "null" } }'],
  ])('%j is %s', (schema, check) => {
    const texts = new CheckTexts({ Word: { type: 'string', enum: ['a'] } });
    const text = texts.check(schema);
    // A long one is a constant.
    const [, constant = text] = /^const check1: Check = (.*);$/.exec(texts.declarations) ?? [];
    expect(constant).toBe(check);
  });

  it('is a constant if it is long, and one constant if it is used twice', () => {
    const texts = new CheckTexts({});
    const schema = { type: 'string', pattern: `^${'a'.repeat(40)}$` };
    expect([texts.check(schema), texts.check(schema)]).toEqual(['check1', 'check1']);
    const hint = `"must have the form ${schema.pattern}"`;
    expect(texts.declarations).toBe(
      `const check1: Check = { type: "string", pattern: /${schema.pattern}/u, hint: ${hint} };`,
    );
  });

  it('is an error for a keyword that the client would not check', () => {
    expect(() => new CheckTexts({}).check({ type: 'integer', multipleOf: 5 })).toThrow(
      'the checks of the client do not know "multipleOf"',
    );
  });
});
