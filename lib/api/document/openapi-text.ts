import type { Route } from '../route.ts';

/** The version of the API; package.json has the same (a test compares them). */
export const apiVersion = '0.1.0';

/** What the calls of a tag are about. */
export const tagDescriptions: Readonly<Record<Route['tag'], string>> = {
  Ads: 'Create, change and find ads.',
  Counters: 'Add to counters and read them.',
  Operations: 'What operators look at, and the quarantine.',
  About: 'Health, this document and the pages.',
};

/** The prose in front of the calls, in the OpenAPI document and on the docs page. Paragraphs are apart by a blank line. */
export const apiDescription = `
adtally serves targeted ads and counts what happens to them.

Bodies are JSON, sent as they are or with \`Content-Encoding: gzip\`. Times go out in UTC with milliseconds. Every GET is there as HEAD too, and every path answers OPTIONS. Errors are problem details (RFC 9457); the problems section lists them all.

A request is checked in this order: the size of its body (413), path and method (404, 405), token and rate (401, 403, 429), media type (415), then path, query, headers and body together (400, naming every invalid field), then its Idempotency-Key (422), then what the change meets (404, 412, 507). A request that is refused changes nothing.

If-Match and If-None-Match hold for every call as RFC 9110 has them. A read whose answer has no entity tag matches \`*\` alone; a call that makes something new is compared with what its path answers to GET.

Unknown fields and parameters, a parameter given twice or empty, and numbers that are not plain decimal digits are faults. In bodies a number must be a whole one exactly as written: \`1e3\` and \`1.0\` are, \`9007199254740991.4\`, \`1e400\` and \`-0\` are not.

Characters are Unicode code points. Path segments are percent-encoded UTF-8 and decoded once; a \`+\` in a path stands for itself.

A write is answered once it is logged, and takes effect within a moment. Its Consistency-Token, presented on a read, makes sure that the read shows it. With an Idempotency-Key a write may be sent again until it is answered, and takes effect once.
`.trim();
