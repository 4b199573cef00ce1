import { format, type Options } from 'prettier';
import type { JsonSchema } from '../../lib/api/document/json-schema.ts';
import { requestIdHeader, traceHeader } from '../../lib/api/headers.ts';
import type {
  Content,
  OpenApiDocument,
  Operation,
  Parameter,
  Response,
} from '../../lib/api/document/openapi.ts';
import { isBeaconPath } from '../../lib/api/document/openapi-document.ts';
import { CheckTexts, enumOf, list, listName } from './check-text.ts';
import { docComment, TypeTexts } from './type-text.ts';

const banner = '// Generated from the OpenAPI document by `npm run client:generate`: do not edit.\n';

/** Names of the client that are not calls of the API. */
const takenNames = new Set(['batchIncrements', 'facts']);

interface Call {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

/** The files of `client/generated` by name: types of requests and answers, and a table of the calls. */
export async function generateClient(
  document: OpenApiDocument,
  style: Options,
): Promise<ReadonlyMap<string, string>> {
  const calls = Object.entries(document.paths)
    .flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        path,
        method: method.toUpperCase(),
        operation,
      })),
    )
    .filter(({ path }) => !isBeaconPath(path));
  const taken = calls.find(({ operation }) => takenNames.has(operation.operationId));
  if (taken !== undefined) throw new Error(`the client already has a member ${taken.operation.operationId}`);
  const texts = new TypeTexts();
  const files = new Map([
    ['calls.ts', callsFile(calls, texts, Object.keys(document.components.schemas))],
    ['schemas.ts', schemasFile(document.components.schemas, texts)],
    ['enums.ts', enumsFile(document.components.schemas)],
    ['operations.ts', operationsFile(calls)],
    ['checks.ts', checksFile(calls, new CheckTexts(document.components.schemas))],
  ]);
  const made = new Map<string, string>();
  for (const [name, text] of files) {
    made.set(name, await format(`${banner}${text}`, { ...style, parser: 'typescript' }));
  }
  return made;
}

function schemasFile(schemas: Readonly<Record<string, JsonSchema>>, texts: TypeTexts): string {
  const types = Object.entries(schemas).map(
    ([name, schema]) => `${docComment(schema.description)}export type ${name} = ${texts.type(schema)};`,
  );
  return `import type { ExactInteger } from '../exact-json.ts';\n\n${types.join('\n\n')}\n`;
}

/** The components that are lists of words, and a guard for each. */
function enumsFile(schemas: Readonly<Record<string, JsonSchema>>): string {
  const enums = Object.entries(schemas).flatMap(([name, schema]) => {
    const values = enumOf(schema);
    return values === undefined ? [] : [{ name, values }];
  });
  const parts = enums.map(
    ({
      name,
      values,
    }) => `${docComment(`Every \`${name}\` that the API takes.`)}export const ${listName(name)} = ${list(values)} as readonly ${name}[];

export function is${name}(value: unknown): value is ${name} {
  return (${listName(name)} as readonly unknown[]).includes(value);
}`,
  );
  const names = enums.map(({ name }) => name).sort();
  return `import type { ${names.join(', ')} } from './schemas.ts';\n\n${parts.join('\n\n')}\n`;
}

function callsFile(calls: readonly Call[], texts: TypeTexts, names: readonly string[]): string {
  const types = calls.flatMap(({ operation }) => [
    inputType(operation, texts),
    ...answerTypes(operation, texts),
  ]);
  const methods = calls.map(({ operation }) => {
    const { operationId, summary, description } = operation;
    const name = capital(operationId);
    const input = inputSchema(operation);
    const optional = (input.required as readonly string[]).length === 0 ? '?' : '';
    const comment = docComment(`${summary.replace(/\w$/, '$&.')} ${description}`);
    const members = askingMembers(operation);
    if (members.length === 0)
      return `${comment}${operationId}(input${optional}: ${name}Input, options?: CallOptions): Promise<${name}Answer>;`;
    const without = members.map((member) => `readonly ${member}?: undefined`).join('; ');
    const asked = members.map((member) => `\`${member}\``).join(' or ');
    return `${comment}${operationId}(input${optional}: ${name}Input & { ${without} }, options?: CallOptions): Promise<${name}Answer>;
${docComment(`With ${asked} the answer may have no body.`)}${operationId}(input: ${name}Input, options?: CallOptions): Promise<${name}AnyAnswer>;`;
  });
  const body = `${types.join('\n\n')}\n\n/** Every call of the API. */\nexport interface Calls {\n${methods.join('\n\n')}\n}\n`;
  const words = new Set(body.replace(/\/\*\*.*?\*\//gs, '').match(/\w+/g));
  const used = names.filter((name) => words.has(name));
  return `import type { Answer, CallOptions } from '../call-types.ts';
import type { ${used.sort().join(', ')} } from './schemas.ts';

${body}`;
}

function inputType(operation: Operation, texts: TypeTexts): string {
  return `export type ${capital(operation.operationId)}Input = ${texts.object(inputSchema(operation))};`;
}

/** Path, query and headers by their TypeScript names, together with the body. */
function inputSchema({
  operationId,
  parameters,
  requestBody,
}: Operation): JsonSchema & { required: string[] } {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const parameter of parameters.filter(({ name }) => isOwn(name))) {
    const { in: place, schema, description = '', required: needed } = parameter;
    const member = memberOf(parameter);
    if (member in properties || member === 'body') throw new Error(`${operationId} has two inputs ${member}`);
    const encoded = place === 'path' ? ' The client percent-encodes it.' : '';
    properties[member] = {
      ...schema,
      ...(place === 'query' && mayBeNumber(parameter) && { type: ['string', 'number'] }),
      description: `${description.replace(', percent-encoded', '')}${encoded}`,
    };
    if (needed) required.push(member);
  }
  const [content] = Object.values(requestBody?.content ?? {});
  if (content !== undefined) {
    properties.body = content.schema ?? {};
    required.push('body');
  }
  return { properties, required };
}

/** The name of a parameter in the input. */
function memberOf({ name, in: place }: Parameter): string {
  return place === 'header' ? camelCase(name) : name;
}

/** A string whose example is only digits, such as an age, also accepts a number. */
function mayBeNumber({ schema, example }: Parameter): boolean {
  return schema.type === 'string' && typeof example === 'string' && /^\d+$/.test(example);
}

/** What a caller asks for by an answer without a body, by its status. */
const asking: Readonly<Record<string, readonly string[]>> = {
  204: ['prefer', 'ifMatch'],
  304: ['ifNoneMatch'],
};

/** The members of the input without which every answer has a body; none: it makes no difference. */
function askingMembers(operation: Operation): readonly string[] {
  const [, ...others] = groupedAnswers(operation, new TypeTexts());
  if (others.length === 0) return [];
  const given = operation.parameters.map(memberOf);
  return others.flatMap(({ statuses, body }) => {
    const members = statuses.flatMap((status) => asking[status] ?? []).filter((name) => given.includes(name));
    if (body !== 'undefined' || members.length === 0)
      throw new Error(`${operation.operationId} has answers with different bodies`);
    return members;
  });
}

interface Grouped {
  readonly body: string;
  readonly statuses: readonly string[];
  readonly headers: readonly string[];
}

/** Answers with the same body are one type; first the one with a body. */
function groupedAnswers(operation: Operation, texts: TypeTexts): readonly Grouped[] {
  const groups = new Map<string, { statuses: string[]; headers: Set<string> }>();
  for (const [status, { headers = {}, content }] of successes(operation)) {
    const body = bodyType(content, texts);
    const group = groups.get(body) ?? { statuses: [], headers: new Set() };
    groups.set(body, group);
    group.statuses.push(status);
    for (const name of headerNames(headers)) group.headers.add(name);
  }
  return Array.from(groups, ([body, { statuses, headers }]) => ({ body, statuses, headers: [...headers] }));
}

function answerTypes(operation: Operation, texts: TypeTexts): readonly string[] {
  const [first, ...others] = groupedAnswers(operation, texts).map(({ body, statuses, headers }) => {
    const names = headers.map((name) => JSON.stringify(name));
    return `Answer<${statuses.join(' | ')}, ${body}, ${names.length > 0 ? names.join(' | ') : 'never'}>`;
  });
  const name = `${capital(operation.operationId)}Answer`;
  const any = `export type ${capital(operation.operationId)}AnyAnswer = ${[name, ...others].join(' | ')};`;
  return [`export type ${name} = ${first};`, ...(others.length > 0 ? [any] : [])];
}

function bodyType(content: Readonly<Record<string, Content>> | undefined, texts: TypeTexts): string {
  const [entry] = Object.entries(content ?? {});
  if (entry === undefined) return 'undefined';
  return bodyKind(content) === 'json' ? texts.type(entry[1].schema ?? {}) : 'string';
}

function bodyKind(content: Response['content'] = {}): 'json' | 'text' | 'none' {
  const [mediaType] = Object.keys(content);
  if (mediaType === undefined) return 'none';
  return mediaType === 'application/json' ? 'json' : 'text';
}

function operationsFile(calls: readonly Call[]): string {
  const queries = new SharedTexts('query', 'readonly string[]');
  const inputs = new SharedTexts('input', "Operation['headers']");
  const mediaTypes = new SharedTexts('type', 'string');
  const answerTables = new SharedTexts('answers', "Operation['answers']");
  const entries = calls.map(({ path, method, operation }) => {
    const { operationId, parameters, requestBody, tags } = operation;
    const asked = namesOf(parameters, 'header')
      .filter(isOwn)
      .map((name) => [camelCase(name), name]);
    const query = queries.note(JSON.stringify(namesOf(parameters, 'query')));
    const headers = inputs.note(JSON.stringify(Object.fromEntries(asked)));
    const [mediaType] = Object.keys(requestBody?.content ?? {});
    const type = mediaType === undefined ? undefined : mediaTypes.note(JSON.stringify(mediaType));
    const answers = answerTables.note(
      `{ ${successes(operation)
        .map(([status, answer]) => {
          const names = JSON.stringify(headerNames(answer.headers));
          return `${status}: { headers: ${names}, body: "${bodyKind(answer.content)}" }`;
        })
        .join(', ')} }`,
    );
    return () =>
      [
        `${operationId}: { method: "${method}", path: "${path}", query: ${query()}, headers: ${headers()}`,
        ...(type === undefined ? [] : [`mediaType: ${type()}`]),
        `answers: ${answers()}, tag: ${JSON.stringify(tags[0])} },`,
      ].join(', ');
  });
  const texts = entries.map((text) => text()).join('\n');
  const shared = [queries, inputs, mediaTypes, answerTables].map(({ declarations }) => declarations);
  return `import type { Operation } from '../operation.ts';
import type { Calls } from './calls.ts';

${shared.join('\n')}

export const operations: Readonly<Record<keyof Calls, Operation>> = {
${texts}
};
`;
}

/** Texts of which those that are used twice become constants, because the text of each counts in a browser. */
class SharedTexts {
  readonly #name: string;
  readonly #type: string;
  readonly #uses = new Map<string, number>();

  constructor(name: string, type: string) {
    this.#name = name;
    this.#type = type;
  }

  /** Call the result for what to write, once all texts are noted. */
  note(text: string): () => string {
    this.#uses.set(text, (this.#uses.get(text) ?? 0) + 1);
    return () => {
      const at = this.#shared.indexOf(text);
      return at < 0 ? text : `${this.#name}${at + 1}`;
    };
  }

  get declarations(): string {
    return this.#shared
      .map((text, at) => `const ${this.#name}${at + 1}: ${this.#type} = ${text};`)
      .join('\n');
  }

  /** Empty ones are shorter than a name. */
  get #shared(): readonly string[] {
    return [...this.#uses].flatMap(([text, uses]) => (uses > 1 && text.length > 2 ? [text] : []));
  }
}

function checksFile(calls: readonly Call[], texts: CheckTexts): string {
  const entries = calls.map(({ operation: { operationId, parameters, requestBody } }) => {
    const rules = parameters.flatMap((parameter) => {
      const text = isOwn(parameter.name) ? texts.parameter(parameter) : undefined;
      return text === undefined ? [] : [`${memberOf(parameter)}: ${text}`];
    });
    const [content] = Object.values(requestBody?.content ?? {});
    const body = content === undefined ? '' : `body: ${texts.check(content.schema ?? {})},`;
    const needed = parameters.filter(({ required }) => required).map(memberOf);
    return `${operationId}: { parameters: { ${rules.join(', ')} }, required: ${JSON.stringify(needed)}, ${body} },`;
  });
  const lists = [...texts.enums].map(listName).sort();
  return `/* eslint-disable no-control-regex, no-useless-escape -- the patterns of the document */
import type { Check, InputChecks } from '../check/check.ts';
import type { Calls } from './calls.ts';
import { ${lists.join(', ')} } from './enums.ts';

${texts.declarations}

/** What the API's document says about the inputs of each call. */
export const checks: Readonly<Record<keyof Calls, InputChecks>> = {
${entries.join('\n')}
};
`;
}

/** Answers that are not problems; 304 only for calls that take its precondition. */
function successes({ responses, parameters }: Operation): [string, Response][] {
  const asks = parameters.some(({ name }) => name === 'If-None-Match');
  return Object.entries(responses).filter(([status]) => Number(status) < (asks ? 400 : 300));
}

/** Headers of every call are options of the client's calls, not part of their input. */
function isOwn(header: string): boolean {
  return header !== traceHeader && header !== requestIdHeader;
}

function headerNames(headers: Response['headers'] = {}): string[] {
  return Object.keys(headers).filter(isOwn);
}

function namesOf(parameters: readonly Parameter[], place: Parameter['in']): string[] {
  return parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `If-None-Match` is `ifNoneMatch`. */
function camelCase(header: string): string {
  return header
    .split('-')
    .map((word, index) => (index === 0 ? word.toLowerCase() : capital(word.toLowerCase())))
    .join('');
}
