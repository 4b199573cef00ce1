import { problemAnswer, type Answer } from '../answer/answer.ts';
import { strongMatch, weakMatch, type EntityTags } from '../request/entity-tags.ts';
import { FieldErrors } from '../request/field-errors.ts';
import { readPreconditions } from '../request/preconditions.ts';
import { hasHeader } from '../request/request-header.ts';
import type { Edge } from './edge.ts';

/**
 * Evaluates the preconditions of reads in the order of RFC 9110, 13.2.2: a failed If-Match answers 412, a
 * failed If-None-Match 304. They apply only if the answer would be 2xx (13.2.1). An answer without an entity
 * tag matches only `*`.
 */
export function readPreconditionsHold(): Edge {
  return {
    after: (request) => {
      const { event, response } = request;
      if (response?.statusCode !== 200) return;
      if (event.httpMethod !== 'GET' && event.httpMethod !== 'HEAD') return;
      if (!hasHeader(event, 'if-match') && !hasHeader(event, 'if-none-match')) return;
      const { ifMatch, ifNoneMatch } = readPreconditions(event, true, new FieldErrors());
      const entityTag = response.headers['ETag'];
      if (ifMatch?.type === 'list' && !(entityTag !== undefined && strongMatch(ifMatch, entityTag))) {
        request.response = problemAnswer('precondition-failed', {
          detail: 'No entity tag in `If-Match` matches. Read the target again.',
        });
      } else if (ifNoneMatch !== undefined) {
        const named = namedTag(ifNoneMatch, entityTag);
        if (named !== undefined) request.response = notModified(response, named);
      }
    },
  };
}

/** The entity tag of the request that matches the answer, '' for `*`; undefined: none matches. */
function namedTag(ifNoneMatch: EntityTags, entityTag: string | undefined): string | undefined {
  if (ifNoneMatch.type === 'any') return entityTag ?? '';
  if (entityTag === undefined) return undefined;
  const found = weakMatch(ifNoneMatch, entityTag);
  // The tag as the request has it: it says which stored answer of the client, plain or compressed, is still
  // valid.
  return found && `${entityTag.startsWith('W/') ? 'W/' : ''}"${found.value}"`;
}

function notModified({ headers }: Answer, entityTag: string): Answer {
  const kept = { ...headers };
  Reflect.deleteProperty(kept, 'Content-Type');
  if (entityTag !== '') kept['ETag'] = entityTag;
  return { statusCode: 304, headers: kept, body: '' };
}
