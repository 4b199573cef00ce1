import type { Plugin } from 'esbuild';
import type { FunctionName } from '../stages.ts';

/**
 * Parts of libraries that a function loads with the rest and never runs, some 15 KB each: event streams, which none of our
 * calls uses, and schemas as JSON Schema, which only describe-api shows.
 */
export function leaveOut(name: FunctionName): Plugin {
  return {
    name: 'leave-out',
    setup(setup) {
      setup.onLoad({ filter: /@smithy\/core\/dist-es\/submodules\/event-streams\/index\.js$/ }, () => ({
        contents: eventStreams,
      }));
      if (name === 'describe-api') return;
      setup.onLoad({ filter: /zod\/v4\/core\/to-json-schema\.js$/ }, () => ({ contents: toJsonSchema }));
      setup.onLoad({ filter: /zod\/v4\/core\/json-schema-processors\.js$/ }, () => ({
        contents: processors,
      }));
    },
  };
}

const eventStreams = `
export const eventStreamSerdeProvider = () => ({});
export const resolveEventStreamSerdeConfig = (config) => Object.assign(config, { eventStreamMarshaller: {} });
export class EventStreamSerde { constructor() { throw new Error('event streams are left out of this bundle'); } }
`;

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
