import type { Defect } from '../defect.ts';

export const httpDefects: readonly Defect[] = [
  {
    name: 'busy-answers-leak-places',
    file: 'lib/embedded/http/http-server.ts',
    find: `    if (counts.underWay >= limits.requestsMax) return Promise.resolve(busy);
    counts.underWay += 1;`,
    replace: `    counts.underWay += 1;
    if (counts.underWay > limits.requestsMax) return Promise.resolve(busy);`,
    breaks:
      'Every request that is refused as too many takes a place for ever, so after one overload the server answers 503 to everything until the restart.',
  },
  {
    name: 'slow-head-never-times-out',
    file: 'lib/embedded/http/connection.ts',
    find: '    this.#sinceMs ??= nowMs;',
    replace: '    this.#sinceMs = nowMs;',
    breaks:
      'A client that sends one byte every few seconds keeps its connection for ever; a thousand of them lock everybody out (slowloris).',
  },
  {
    name: 'chunked-body-limit-per-chunk',
    file: 'lib/embedded/http/chunked-body.ts',
    find: '    if (this.#body.bytes.length + size > this.#bytesMax) return bodyTooLarge(this.#bytesMax);',
    replace: '    if (size > this.#bytesMax) return bodyTooLarge(this.#bytesMax);',
    breaks:
      'The limit holds for each chunk and not for the body, so one request of many chunks fills the memory of the process.',
  },
  {
    name: 'gzip-bomb-inflated',
    file: 'lib/api/middleware/request-body.ts',
    find: `    return gunzipSync(Buffer.from(body, 'base64'), { maxOutputLength: bodyBytesMax });`,
    replace: `    return gunzipSync(Buffer.from(body, 'base64'));`,
    breaks:
      'A body of 256 KB gzip is inflated to hundreds of megabytes and ends the function, and bodies over the documented limit are accepted.',
  },
  {
    name: 'bodies-reach-functions-as-text',
    file: 'lib/infra/rest-api.ts',
    find: `      binaryMediaTypes: ['*/*'],
`,
    replace: '',
    breaks:
      'API Gateway puts U+FFFD for every byte of a body that is not UTF-8, so keys in latin1 that differ in such a letter are counted as one.',
  },
  {
    name: 'replacement-character-in-a-query',
    file: 'lib/api/request/query-parameters.ts',
    find: `    else if (given.some((value) => value.includes(replacement))) {
      errors.add(name, 'must be UTF-8 without U+FFFD, the replacement character');
    } else if`,
    replace: '    else if',
    breaks:
      'On API Gateway a read of key=caf%E9 shows the counter whose key ends in U+FFFD, as does a read of any other byte.',
  },
  {
    name: 'bytes-of-a-body-not-checked',
    file: 'lib/api/request/json-body.ts',
    find: '  return isUtf8(bytes) ? withoutMark(bytes.toString()) : undefined;',
    replace: '  return withoutMark(bytes.toString());',
    breaks: 'A body in latin1 is read with U+FFFD for each umlaut, so two counters become one.',
  },
  {
    name: 'vary-only-for-allowed-origins',
    file: 'lib/api/middleware/answer-headers.ts',
    find: `    }
    if (cors.varies) addVary(headers, 'Origin');`,
    replace: `      if (cors.varies) addVary(headers, 'Origin');
    }`,
    breaks:
      'An answer to a call without an allowed origin lacks Vary: Origin, so a cache gives it to pages of allowed origins, whose browsers then refuse it.',
  },
  {
    name: 'partial-answer-without-retry-after',
    file: 'functions/ingest-increments/ingest-increments.ts',
    find: `    return { status: 207, headers: { ...headers, 'Retry-After': '1' }, body, increments: accepted };`,
    replace: '    return { status: 207, headers, body, increments: accepted };',
    breaks:
      'After a 207 clients send the rest again at once, against a shard that has just refused it, which prolongs the overload.',
  },
  {
    name: 'name-of-another-call-from-the-edge',
    file: 'lib/api/middleware/request-id.ts',
    find: '(isShared(event, answer) ? gatewayRequestIdOf(event) : requestIdOf(event))',
    replace: 'requestIdOf(event)',
    breaks:
      'CloudFront gives an answer with the name that one caller chose for a call to every other caller.',
  },
  {
    name: 'stage-in-paths-behind-the-edge',
    file: 'lib/api/request/read-request.ts',
    find: 'this.#edge === undefined ? this.#event.requestContext : this.#event',
    replace: 'this.#event.requestContext',
    breaks: 'Behind CloudFront the Location of a new ad has the stage before its path, and leads to 404.',
  },
];
