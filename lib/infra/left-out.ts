import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';
import { demoRoute, metricsRoute } from '../api/document-routes.ts';
import { routes, type Route } from '../api/routes.ts';
import { assert } from '../core/assert.ts';
import type { FunctionName } from '../stages.ts';

/**
 * Parts of libraries that a function would load and never run, 5 to 15 KB each. Their replacements throw if
 * they are called.
 */
export function leaveOut(name: FunctionName): Plugin {
  return {
    name: 'leave-out',
    setup(setup) {
      const replace = (filter: RegExp, contents: string): void => {
        setup.onLoad({ filter }, () => ({ contents, loader: 'js' }));
      };
      replace(/@smithy\/core\/dist-es\/submodules\/event-streams\/index\.js$/, eventStreams);
      replace(/@smithy\/node-http-handler\/dist-es\/node-http2-handler\.js$/, http2Handler);
      replace(/@aws-sdk\/endpoint-cache\/dist-es\/EndpointCache\.js$/, endpointCache);
      replace(/@smithy\/signature-v4\/dist-es\/HeaderFormatter\.js$/, headerFormatter);
      replace(/\/util-user-agent-browser\/createUserAgentStringParsingProvider\.js$/, browserUserAgent);
      replace(/\/util-retry\/DefaultRateLimiter\.js$/, rateLimiter);
      replace(/\/Sha1Js\.js$/, sha1);
      replace(/\/Sha256Js\.js$/, sha256);
      replace(/\/Md5Js\.js$/, md5);
      replace(/\/getInstanceMetadataRegion\.js$/, instanceRegion);
      replace(/\/util-stream\/sdk-stream-mixin\.browser\.js$/, browserStream);
      setup.onLoad({ filter: /@aws-sdk\/client-[^/]+\/package\.json$/ }, ({ path }) => ({
        contents: versionOf(path),
        loader: 'json',
      }));
      replace(/zod\/v4\/core\/memoizer\.js$/, zodMemoizer);
      // It begins with the most, and decodes no records, whose faults an operator reads.
      if (name === 'decide-ads') replace(/zod\/v4\/locales\/en\.js$/, shortMessages);
      if (name === 'describe-api') return;
      // The conversion to JSON Schema, which only describe-api needs.
      replace(/zod\/v4\/core\/to-json-schema\.js$/, toJsonSchema);
      replace(/zod\/v4\/core\/json-schema-processors\.js$/, processors);
      setup.onLoad({ filter: documentedFiles }, ({ path }) => ({
        contents: withoutTexts(readFileSync(path, 'utf8')),
        loader: 'ts',
      }));
      setup.onLoad({ filter: /lib\/api\/[a-z]+-examples\.ts$/ }, ({ path }) => ({
        contents: withoutValues(readFileSync(path, 'utf8')),
        loader: 'ts',
      }));
      setup.onLoad({ filter: /lib\/api\/routes\.ts$/ }, ({ path }) => ({
        contents: withoutSchemas(readFileSync(path, 'utf8')),
        loader: 'ts',
      }));
    },
  };
}

/**
 * Routes, schemas and headers: each function has those of every call, and describe-api alone shows their
 * texts.
 */
const documentedFiles = /lib\/api\/(?:[a-z]+-routes|[a-z]+-schemas|headers|request\/query-schemas)\.ts$/;

/** A source without the texts and examples that only the OpenAPI document and the docs page show. */
function withoutTexts(source: string): string {
  return (
    source
      .replace(
        /\b(summary|description):\s*(?:'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)/g,
        "$1: ''",
      )
      // A sentence that a helper takes as its description; messages of errors begin with a small letter.
      .replace(/'[A-Z`](?:\\.|[^'\\\n])*\.'|`(?:[A-Z]|\\`)(?:\\.|[^`\\])*\.`/g, "''")
      .replace(/^ *examples?: (?:\{.*\}|\w+),$/gm, '')
      .replace(/^( *)examples?: \{\n[^]*?^\1\},$/gm, '')
  );
}

/** The constants of a source of examples, which only the document shows, as empty objects. */
function withoutValues(source: string): string {
  const names = Array.from(source.matchAll(/^export const (\w+)/gm), ([, name = '']) => name);
  return names.map((name) => `export const ${name} = {};\n`).join('');
}

/**
 * The table of all calls without their schemas: of another function's calls a function knows only how they are made,
 * for `Allow`, for preconditions and for the policy of a token. It imports its own calls itself.
 */
function withoutSchemas(source: string): string {
  const known = ({ method, path, scope, functionName, body }: Route) => ({
    ...{ method, path, scope, functionName },
    ...(body !== undefined && { body: { mediaTypes: body.mediaTypes } }),
  });
  const table = `${JSON.stringify(routes.map(known))} as never`;
  const local = Object.entries({ demoRoute, metricsRoute }).map(
    ([name, route]) => `const ${name} = ${JSON.stringify(known(route))} as never;\n`,
  );
  const contents =
    local.join('') +
    source
      .replace(/^import \{.*\} from '\.\/[a-z]+-routes\.ts';\n/gm, '')
      .replace(/Object\.values<Route>\(\{[^]*?\}\)/, () => table);
  assert(contents.includes(table) && !contents.includes('Routes,'), 'lib/api/routes.ts has another form');
  return contents;
}

/** No call of ours uses event streams. */
const eventStreams = `
export const eventStreamSerdeProvider = () => ({});
export const resolveEventStreamSerdeConfig = (config) => Object.assign(config, { eventStreamMarshaller: {} });
export class EventStreamSerde { constructor() { throw new Error('event streams are not in this bundle'); } }
`;

/** What zod needs for schemas that contain themselves, and values that do: JSON has no such values. */
const zodMemoizer = `
export class $ZodCyclicError extends Error {}
export const isRecursiveSchema = () => false;
export const isBackEdge = () => false;
export const memoizer = () => undefined;
`;

/** The default handler of the Kinesis client; our clients use another one (aws-clients.ts). */
const http2Handler = `
export class NodeHttp2Handler {
  static create(handler) {
    if (typeof handler?.handle === 'function') return handler;
    throw new Error('HTTP/2 is not in this bundle');
  }
}
`;

/** The cache of DynamoDB's endpoint discovery, which every client creates and no command uses. */
const endpointCache = `
const leftOut = () => { throw new Error('endpoint discovery is not in this bundle'); };
export class EndpointCache { getEndpoint = leftOut; get = leftOut; set = leftOut; delete = leftOut; has = leftOut; clear = leftOut; }
`;

/** Of signed event streams; every signer makes one. */
const headerFormatter = `
export class HeaderFormatter { format() { throw new Error('signed event streams are not in this bundle'); } }
`;

/** The SDK's user agent in a browser, with a parser of 34 KB. */
const browserUserAgent = `
export const createUserAgentStringParsingProvider = () => { throw new Error('browsers are not in this bundle'); };
`;

/** Of the adaptive retry mode, which no client of ours has. */
const rateLimiter = `
export class DefaultRateLimiter { constructor() { throw new Error('adaptive retries are not in this bundle'); } }
`;

/** For a Node without hashes of its own. */
const sha1 = `export class Sha1Js { constructor() { throw new Error('SHA-1 is left out of this bundle'); } }`;
const sha256 = `export class Sha256Js { constructor() { throw new Error('SHA-256 is left out of this bundle'); } }`;
const md5 = `export class Md5Js { constructor() { throw new Error('MD5 is left out of this bundle'); } }`;

/** The region of an EC2 instance; Lambda sets AWS_REGION. */
const instanceRegion = `export const getInstanceMetadataRegion = () => Promise.resolve(undefined);`;

/** For bodies that are streams of a browser; those of Node's HTTP are not. */
const browserStream = `
export const sdkStreamMixin = () => { throw new Error('streams of browsers are not in this bundle'); };
`;

/** Of zod's errors; callers get messages of our own (check-schema.ts). No value that was given is in them. */
const shortMessages = `
export default () => ({
  localeError: ({ code, expected, origin, minimum, maximum }) =>
    [code, expected, origin, minimum, maximum].filter((part) => part !== undefined).join(' '),
});
`;

/** The only part of its package.json that a client reads, for its user agent. */
function versionOf(path: string): string {
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string };
  return JSON.stringify({ version });
}

const toJsonSchema = `
const leftOut = () => { throw new Error('JSON Schema is not in this bundle'); };
export const createToJSONSchemaMethod = () => leftOut;
export const createStandardJSONSchemaMethod = () => leftOut;
export { leftOut as initializeContext, leftOut as processSchema, leftOut as extractDefs, leftOut as finalize, leftOut as handleUnrepresentable };
`;

const processors = `
export const allProcessors = {};
export const toJSONSchema = () => { throw new Error('JSON Schema is not in this bundle'); };
`;
