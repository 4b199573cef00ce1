/**
 * Whether a request prefers a page to JSON, as browsers do (RFC 9110, 12.5.1). If it has no preference, it
 * gets JSON.
 */
export function acceptsPage(accept: string | undefined): boolean {
  return prefersToJson('text/html', accept);
}

/** The same for one JSON document in each line. */
export function acceptsLines(accept: string | undefined): boolean {
  return prefersToJson(linesMediaType, accept);
}

export const linesMediaType = 'application/x-ndjson';

function prefersToJson(mediaType: 'text/html' | typeof linesMediaType, accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const weights = readWeights(accept);
  const weightOf = (type: string): number =>
    weights.get(type) ?? weights.get(type.replace(/\/.*/, '/*')) ?? weights.get('*/*') ?? 0;
  return weightOf(mediaType) > weightOf('application/json');
}

/**
 * Whether `Accept-Encoding` prefers gzip (RFC 9110, 12.5.3): it names gzip or `*` with a weight above 0 and
 * not below that of `identity`, if it names that.
 */
export function acceptsGzip(header: string): boolean {
  const weights = readWeights(header);
  const gzip = Math.max(weights.get('gzip') ?? -1, weights.get('x-gzip') ?? -1);
  const weight = gzip >= 0 ? gzip : (weights.get('*') ?? 0);
  return weight > 0 && weight >= (weights.get('identity') ?? 0);
}

const lengthMax = 1000;
const weightPattern = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * The elements of a header such as `Accept` in lower case, each with its weight, 0..1 (RFC 9110, 12.4.2):
 * default 1, malformed 0. If an element is repeated, the first counts.
 */
function readWeights(header: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  if (header.length > lengthMax) return weights;
  for (const element of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = element.split(';').map((part) => part.trim());
    const given = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = given === undefined ? 1 : Number(weightPattern.exec(given)?.[1] ?? 0);
    if (name !== '' && !weights.has(name)) weights.set(name, weight);
  }
  return weights;
}
