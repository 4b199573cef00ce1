import type { Header, OpenApiDocument, Operation, Parameter, Response } from './openapi-document.ts';

export interface Reference {
  readonly $ref: string;
}

interface SharedResponse extends Omit<Response, 'headers'> {
  readonly headers?: Readonly<Record<string, Reference>>;
}

export interface SharedOperation extends Omit<Operation, 'parameters' | 'responses'> {
  readonly parameters: readonly (Parameter | Reference)[];
  readonly responses: Readonly<Record<string, SharedResponse | Reference>>;
}

/** A document whose shared parts are in its components. */
export interface SharedDocument extends Omit<OpenApiDocument<SharedOperation>, 'components'> {
  readonly components: OpenApiDocument['components'] & {
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly headers: Readonly<Record<string, Header>>;
    readonly responses: Readonly<Record<string, SharedResponse>>;
  };
}

/**
 * Moves repeated parameters, every header and the problem responses into components; nothing else changes.
 */
export function shareComponents(document: OpenApiDocument): SharedDocument {
  const parameters = new Shelf<Parameter>('parameters');
  const headers = new Shelf<Header>('headers');
  const responses = new Shelf<SharedResponse>('responses');
  const repeated = repeatedParameters(document);

  const toParameter = (parameter: Parameter): Parameter | Reference =>
    repeated.has(JSON.stringify(parameter))
      ? parameters.put(camelCase(parameter.name), parameter)
      : parameter;

  const toResponse = (response: Response): SharedResponse | Reference => {
    const { headers: own = {}, ...rest } = response;
    const shared: SharedResponse = {
      ...rest,
      headers: Object.fromEntries(
        Object.entries(own).map(([name, header]) => [name, headers.put(camelCase(name), header)]),
      ),
    };
    const problems = Object.keys(response.content?.['application/problem+json']?.examples ?? {});
    return problems.length > 0 ? responses.put(problems.map(camelCase).join('Or'), shared) : shared;
  };

  const paths = mapValues(document.paths, (operations) =>
    mapValues(operations, (operation): SharedOperation => ({
      ...operation,
      parameters: operation.parameters.map(toParameter),
      responses: mapValues(operation.responses, toResponse),
    })),
  );
  return {
    ...document,
    paths,
    components: {
      ...document.components,
      parameters: parameters.entries,
      headers: headers.entries,
      responses: responses.entries,
    },
  };
}

/**
 * The named components of one section. Equal ones are stored once; different ones of one name get a number.
 */
class Shelf<Thing> {
  readonly #section: string;
  readonly #names = new Map<string, string>();
  readonly entries: Record<string, Thing> = {};

  constructor(section: string) {
    this.#section = section;
  }

  put(name: string, thing: Thing): Reference {
    const text = JSON.stringify([name, thing]);
    let unique = this.#names.get(text);
    if (unique === undefined) {
      for (let count = 1; unique === undefined || unique in this.entries; count += 1) {
        unique = count === 1 ? name : `${name}${count}`;
      }
      this.#names.set(text, unique);
      this.entries[unique] = thing;
    }
    return { $ref: `#/components/${this.#section}/${unique}` };
  }
}

function repeatedParameters({ paths }: OpenApiDocument): ReadonlySet<string> {
  const texts = Object.values(paths)
    .flatMap((operations) => Object.values(operations))
    .flatMap(({ parameters }) => parameters.map((parameter) => JSON.stringify(parameter)));
  return new Set(texts.filter((text, index) => texts.indexOf(text) !== index));
}

function mapValues<From, To>(
  values: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

/** `If-None-Match`, `next_cursor` and `not-found` as `IfNoneMatch`, `NextCursor` and `NotFound`. */
function camelCase(name: string): string {
  return name
    .split(/[-_]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
