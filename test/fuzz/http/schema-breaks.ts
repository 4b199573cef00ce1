import fc from 'fast-check';
import type { JsonSchema } from '../../../lib/api/document/json-schema.ts';
import type { ApiDocument } from './api-document.ts';
import { RawJson, toJsonText, type Jsonish } from './raw-json.ts';
import { isInstant } from './instant.ts';
import { isProse, isUrl, matcherOf, schemaArbitrary, typesOf } from './schema-arbitrary.ts';

/** One constraint of a schema, broken, in a value that keeps all others. */
export interface Break {
  readonly what: string;
  /** Where the value is changed. */
  readonly place: readonly (string | number)[];
  /** The fault that the answer has to name. */
  readonly path: string;
  readonly change: fc.Arbitrary<(old: Jsonish) => Jsonish | undefined>;
}

type Place = readonly (string | number)[];

/**
 * Each kind of constraint, at each place. Values need every member to be there: `full` of schemaArbitrary.
 */
export function breaksOf(document: ApiDocument, given: JsonSchema, place: Place = []): readonly Break[] {
  const schema = document.resolve(given);
  const { anyOf } = schema;
  if (Array.isArray(anyOf)) {
    const choices = (anyOf as JsonSchema[]).map((choice) => document.resolve(choice));
    const types = choices.flatMap(typesOf);
    const inner = choices.filter(({ type }) => type !== 'null');
    return [...wrongTypes(types, place), ...inner.flatMap((choice) => withinType(document, choice, place))];
  }
  return [...wrongTypes(typesOf(schema), place), ...withinType(document, schema, place)];
}

function to(what: string, place: Place, ...values: readonly Jsonish[]): Break {
  const change = fc.constantFrom(...values).map((value) => () => value);
  return { what: `${what} at ${place.join('.')}`, place, path: place.join('.'), change };
}

const ofEachType: Readonly<Record<string, readonly Jsonish[]>> = {
  null: [null],
  boolean: [true, false],
  integer: [1, 0, -1, 1e300],
  string: ['', '1', 'null', '__proto__'],
  array: [[], [1], [[]]],
  object: [{}, { toString: 1 }, new RawJson('{"__proto__":null}')],
};

function wrongTypes(types: readonly string[], place: Place): readonly Break[] {
  return Object.entries(ofEachType)
    .filter(([type]) => !types.includes(type))
    .map(([type, values]) => to(`${type} for ${types.join('|')}`, place, ...values));
}

function withinType(document: ApiDocument, schema: JsonSchema, place: Place): readonly Break[] {
  if (Array.isArray(schema['enum'])) return enumBreaks(schema['enum'] as string[], place);
  const type = typesOf(schema).find((name) => name !== 'null');
  switch (type) {
    case 'string':
      return textBreaks(schema, place);
    case 'integer':
      return integerBreaks(schema, place);
    case 'array':
      return arrayBreaks(document, schema, place);
    case 'object':
      return objectBreaks(document, schema, place);
    case undefined:
    default:
      throw new Error(`no way to break a schema of type ${type ?? 'none'}`);
  }
}

function enumBreaks(given: readonly (string | null)[], place: Place): readonly Break[] {
  const values = given.filter((value) => value !== null);
  const other = values.map((value) =>
    value === value.toLowerCase() ? value.toUpperCase() : value.toLowerCase(),
  );
  return [to('not of the enum', place, '', 'constructor', ` ${values[0] ?? ''}`, ...other)];
}

const controls = ['\u0000', '\u0007', '\r', '\u001b', '\u007f', '\u0085'];

function textBreaks(schema: JsonSchema, place: Place): readonly Break[] {
  if (isInstant(schema)) {
    const bad = [
      '',
      'now',
      '2026-02-30T00:00:00Z',
      '2026-01-01T24:00:00Z',
      '2026-01-01T00:00:00+24:00',
      '1e9',
      '2026-01-01T00:00:00',
      '2026-01-01 00:00:00 CST',
      '2026-01-01T00:00:00Z m=+0.5',
      '2026-01-01 00:00:00[Asia/Taipei]',
    ];
    return [to('no instant', place, ...bad, '2026-01-01T00:00:60Z', '-000001-01-01T00:00:00Z')];
  }
  if (isUrl(schema)) {
    const bad = [
      '',
      'https://',
      'http://a.example/',
      '//a.example/',
      ' https://a.example/',
      'javascript:alert(1)',
    ];
    const worse = [
      'https://a b.example/',
      'https://ann@a.example/',
      'https://ann:secret@a.example/',
      'https://a:b/',
    ];
    return [to('no URL', place, ...bad, ...worse, `https://a.example/${'é'.repeat(400)}`)];
  }
  const min = Number(schema['minLength'] ?? 0);
  const max = schema['maxLength'] === undefined ? undefined : Number(schema['maxLength']);
  const fill = 'x'.repeat(min);
  const around = { what: `not of the pattern at ${place.join('.')}`, place, path: place.join('.') };
  const matcher = matcherOf(schema);
  const endings = [' ', '/', '\n', '0x', '😀'];
  // Some patterns take some of them.
  const padded = fc
    .shuffledSubarray(endings, { minLength: endings.length })
    .map((texts) => (old: Jsonish) => {
      const padding = texts.map((text) => (typeof old === 'string' ? `${old}${text}` : text));
      return padding.find((text) => matcher?.test(text) !== true);
    });
  const lone = new RawJson(`"${fill}\\ud800"`);
  return [
    to('control character', place, ...controls.map((control) => `${fill}${control}`)),
    to('lone surrogate', place, lone, new RawJson(`"\\udfff${fill}"`)),
    ...(isProse(schema) ? [] : [{ ...around, change: padded }]),
    ...(min > 0 ? [to('below minLength', place, fill.slice(1), '😀'.repeat(min - 1))] : []),
    ...(max === undefined ? [] : [to('above maxLength', place, 'x'.repeat(max + 1), '😀'.repeat(max + 1))]),
  ];
}

function integerBreaks(schema: JsonSchema, place: Place): readonly Break[] {
  const raw = (...texts: readonly string[]): RawJson[] => texts.map((text) => new RawJson(text));
  const min = Number(schema['minimum']);
  const max = Number(schema['maximum']);
  return [
    to('below minimum', place, min - 1, -max),
    to(
      'above maximum',
      place,
      ...(Number.isSafeInteger(max + 1) ? [max + 1] : raw('9007199254740993')),
      1e21,
    ),
    to('no integer', place, ...raw('1.5', `${max}.4`, '1e-1', '1e400', '-1e400', '-0', '-0.0')),
  ];
}

function arrayBreaks(document: ApiDocument, schema: JsonSchema, place: Place): readonly Break[] {
  const items = schema['items'] as JsonSchema;
  const { minItems = 0, maxItems } = schema as { minItems?: number; maxItems?: number };
  const tooLong: readonly Break[] =
    maxItems === undefined
      ? []
      : [
          {
            what: `above maxItems at ${place.join('.')}`,
            place,
            path: place.join('.'),
            change: schemaArbitrary(document, items).map(
              (item) => () => Array<Jsonish>(maxItems + 1).fill(item),
            ),
          },
        ];
  return [
    ...tooLong,
    ...(minItems > 0 ? [to('below minItems', place, [])] : []),
    ...breaksOf(document, items, [...place, 0]),
  ];
}

const strangers = ['colour', '__proto__', 'constructor', 'x'.repeat(50), 'hasOwnProperty', 'ключ'];

function objectBreaks(document: ApiDocument, schema: JsonSchema, place: Place): readonly Break[] {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
  const required = (schema['required'] ?? []) as readonly string[];
  const at = (name: string): readonly (string | number)[] => [...place, name];
  const before =
    (text: string) =>
    (old: Jsonish): RawJson =>
      new RawJson(`{${text}${toJsonText(old) === '{}' ? '' : ','}${toJsonText(old).slice(1)}`);
  const strange = strangers.map((name): Break => ({
    what: `unknown member at ${place.join('.')}`,
    place,
    path: at(name).join('.'),
    change: fc.jsonValue().map((value) => before(`${JSON.stringify(name)}:${JSON.stringify(value)}`)),
  }));
  return [
    ...required.map((name): Break => ({
      what: `missing ${at(name).join('.')}`,
      place: at(name),
      path: at(name).join('.'),
      change: fc.constant(() => undefined),
    })),
    ...(schema['additionalProperties'] === false ? strange : []),
    ...Object.keys(properties).map((name): Break => ({
      what: `member twice at ${at(name).join('.')}`,
      place,
      path: at(name).join('.'),
      change: fc.constant(before(`${JSON.stringify(name)}:1`)),
    })),
    ...Object.entries(properties).flatMap(([name, inner]) => breaksOf(document, inner, at(name))),
  ];
}
