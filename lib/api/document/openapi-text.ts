import { version } from '../../version.ts';
import type { Route } from '../route.ts';

/** The version of the API. A test compares it with package.json. */
export const apiVersion = version;

/** Descriptions of the tags. */
export const tagDescriptions: Readonly<Record<Route['tag'], string>> = {
  Ads: 'Create, change and find ads.',
  Delivery: 'Decide which ads to show, report what became of them, and read the numbers.',
  Counters: 'Add to counters and read them.',
  Operations: 'Statistics, usage and the quarantine.',
  About: 'Health, this document and the pages.',
};

/** The introduction of the OpenAPI document and of the docs page. Blank lines separate paragraphs. */
export const apiDescription = `
adtally serves targeted ads and counts what happens to them.

Bodies are JSON, uncompressed or with \`Content-Encoding: gzip\`. Times in responses are UTC with milliseconds. Every GET also works as HEAD, and every path answers OPTIONS. Errors are problem details (RFC 9457); the section on problems lists them.

The API checks a request in this order: the size of the body (413), path and method (404, 405), token and rate (401, 403, 429), media type (415), then path, query, headers and body together (400 with every invalid field), then the Idempotency-Key (422), then the state (404, 412, 507). A refused request changes nothing.

If-Match and If-None-Match work on every call (RFC 9110). A response without an entity tag matches only \`*\`. A call that creates something is compared with the response to GET of its path.

Unknown fields and parameters, repeated or empty parameters, and numbers that are not plain decimal digits are errors. A number in a body must be exactly an integer: \`1e3\` and \`1.0\` are, \`9007199254740991.4\`, \`1e400\` and \`-0\` are not.

Characters are Unicode code points. Path segments are percent-encoded UTF-8 and are decoded once; a \`+\` in a path is a plus sign. Bytes that are not UTF-8 are errors everywhere, and so is U+FFFD in a query: a gateway may have put it there for such bytes.

The API answers a write when it is logged; the write takes effect within moments. Send its Consistency-Token with a read, and the read includes the write. With an Idempotency-Key you can send a write again until you get an answer, and it takes effect once.
`.trim();
