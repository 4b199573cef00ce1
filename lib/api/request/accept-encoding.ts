const lengthMax = 1000;
const weightPattern = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i;

/** Whether `Accept-Encoding` asks for gzip (RFC 9110, 12.5.3): by its name or by `*`, with a weight above 0. */
export function acceptsGzip(header: string): boolean {
  if (header.length > lengthMax) return false;
  let any: number | undefined;
  let named: number | undefined;
  for (const element of header.split(',')) {
    const [coding = '', ...parameters] = element.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.length === 0 ? 1 : Number(weightPattern.exec(parameters.join(';'))?.[1] ?? 0);
    if (coding === '*') any ??= weight;
    else if (coding === 'gzip' || coding === 'x-gzip') named = Math.max(named ?? 0, weight);
  }
  return (named ?? any ?? 0) > 0;
}
