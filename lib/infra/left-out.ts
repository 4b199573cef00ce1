import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';
import type { FunctionName } from '../stages.ts';

/**
 * Parts of libraries that a function loads with the rest and never runs, 5 to 15 KB each. What stands in their place
 * throws when it is run after all.
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
      replace(/\/Sha1Js\.js$/, sha1);
      replace(/\/Sha256Js\.js$/, sha256);
      setup.onLoad({ filter: /@aws-sdk\/client-[^/]+\/package\.json$/ }, ({ path }) => ({
        contents: versionOf(path),
        loader: 'json',
      }));
      if (name === 'describe-api') return;
      // Schemas as JSON Schema, which only describe-api shows.
      replace(/zod\/v4\/core\/to-json-schema\.js$/, toJsonSchema);
      replace(/zod\/v4\/core\/json-schema-processors\.js$/, processors);
    },
  };
}

/** None of our calls uses them. */
const eventStreams = `
export const eventStreamSerdeProvider = () => ({});
export const resolveEventStreamSerdeConfig = (config) => Object.assign(config, { eventStreamMarshaller: {} });
export class EventStreamSerde { constructor() { throw new Error('event streams are left out of this bundle'); } }
`;

/** What the Kinesis client sends with by default; each of our clients is given its handler (aws-clients.ts). */
const http2Handler = `
export class NodeHttp2Handler {
  static create(handler) {
    if (typeof handler?.handle === 'function') return handler;
    throw new Error('HTTP/2 is left out of this bundle');
  }
}
`;

/** Of DynamoDB's endpoint discovery, which no command uses any more; every client makes one. */
const endpointCache = `
const leftOut = () => { throw new Error('endpoint discovery is left out of this bundle'); };
export class EndpointCache { getEndpoint = leftOut; get = leftOut; set = leftOut; delete = leftOut; has = leftOut; clear = leftOut; }
`;

/** For a Node without hashes of its own. */
const sha1 = `export class Sha1Js { constructor() { throw new Error('SHA-1 is left out of this bundle'); } }`;
const sha256 = `export class Sha256Js { constructor() { throw new Error('SHA-256 is left out of this bundle'); } }`;

/** All that a client reads of its package: for the header that names it. */
function versionOf(path: string): string {
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string };
  return JSON.stringify({ version });
}

const toJsonSchema = `
const leftOut = () => { throw new Error('JSON Schema is left out of this bundle'); };
export const createToJSONSchemaMethod = () => leftOut;
export const createStandardJSONSchemaMethod = () => leftOut;
export { leftOut as initializeContext, leftOut as processSchema, leftOut as extractDefs, leftOut as finalize, leftOut as handleUnrepresentable };
`;

const processors = `
export const allProcessors = {};
export const toJSONSchema = () => { throw new Error('JSON Schema is left out of this bundle'); };
`;
