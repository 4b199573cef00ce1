const lengthMax = 1000;
const weightPattern = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * The elements of a header such as `Accept` in lower case, each with its weight, 0..1 (RFC 9110, 12.4.2):
 * default 1, malformed 0. If an element is repeated, the first counts.
 */
export function readWeights(header: string): ReadonlyMap<string, number> {
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
