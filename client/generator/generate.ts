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
import { CheckTexts } from './check-text.ts';
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
  const calls = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
    })),
  );
  const taken = calls.find(({ operation }) => takenNames.has(operation.operationId));
  if (taken !== undefined) throw new Error(`the client already has a member ${taken.operation.operationId}`);
  const texts = new TypeTexts();
  const files = new Map([
    ['calls.ts', callsFile(calls, texts, Object.keys(document.components.schemas))],
    ['schemas.ts', schemasFile(document.components.schemas, texts)],
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

function callsFile(calls: readonly Call[], texts: TypeTexts, names: readonly string[]): string {
  const types = calls.flatMap(({ operation }) => [inputType(operation, texts), answerType(operation, texts)]);
  const methods = calls.map(({ operation }) => {
    const { operationId, summary, description } = operation;
    const name = capital(operationId);
    const input = inputSchema(operation);
    const optional = (input.required as readonly string[]).length === 0 ? '?' : '';
    return `${docComment(`${summary.replace(/\w$/, '$&.')} ${description}`)}${operationId}(input${optional}: ${name}Input, options?: CallOptions): Promise<${name}Answer>;`;
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

function answerType(operation: Operation, texts: TypeTexts): string {
  const variants = successes(operation).map(([status, { headers = {}, content }]) => {
    const names = headerNames(headers).map((name) => JSON.stringify(name));
    return `Answer<${status}, ${bodyType(content, texts)}, ${names.length > 0 ? names.join(' | ') : 'never'}>`;
  });
  return `export type ${capital(operation.operationId)}Answer = ${variants.join(' | ')};`;
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
  const entries = calls.map(({ path, method, operation }) => {
    const { operationId, parameters, requestBody, tags } = operation;
    const table = {
      method,
      path,
      query: namesOf(parameters, 'query'),
      headers: Object.fromEntries(
        namesOf(parameters, 'header')
          .filter(isOwn)
          .map((name) => [camelCase(name), name]),
      ),
      ...(requestBody !== undefined && { mediaType: Object.keys(requestBody.content)[0] }),
      answers: Object.fromEntries(
        successes(operation).map(([status, { headers, content }]) => [
          status,
          { headers: headerNames(headers), body: bodyKind(content) },
        ]),
      ),
      tag: tags[0],
    };
    return `${operationId}: ${JSON.stringify(table)},`;
  });
  return `import type { Operation } from '../operation.ts';
import type { Calls } from './calls.ts';

export const operations: Readonly<Record<keyof Calls, Operation>> = {
${entries.join('\n')}
};
`;
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
  return `/* eslint-disable no-control-regex, no-useless-escape -- the patterns of the document */
import type { Check, InputChecks } from '../check/check.ts';
import type { Calls } from './calls.ts';

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
