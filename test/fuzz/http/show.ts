import type { FuzzRequest } from './draft.ts';
import { Finding } from './finding.ts';

const hexBytesMax = 4000;

/**
 * The request that failed, as a command for a terminal: curl where curl can send it, bytes in hex where it
 * cannot.
 */
export function showFinding(error: unknown, url: URL): string {
  if (!(error instanceof Finding)) return error instanceof Error ? (error.stack ?? '') : String(error);
  const { request, bytes } = error;
  if (request !== undefined && request.draft.kind !== 'wire' && isPlain(request)) return toCurl(request, url);
  // A token is a secret, and a failure is copied into tickets.
  const shown = Buffer.from(bytes.toString('latin1').replaceAll(/Bearer [!-~]+/g, 'Bearer TOKEN'), 'latin1');
  const hex = shown.toString('hex', 0, hexBytesMax);
  const cut = shown.length > hexBytesMax ? ` # the first ${hexBytesMax} of ${shown.length} bytes` : '';
  return `echo ${hex} | xxd -r -p | nc ${url.hostname} ${url.port}${cut}`;
}

/** What a shell and curl pass on as it is. */
function isPlain({ target, headers, body, coded, draft }: FuzzRequest): boolean {
  if (coded !== undefined || draft.host !== undefined) return false;
  const text = [target, ...headers.flat(), body?.toString('latin1') ?? ''].join('');
  return /^[\x20-\x7e]*$/.test(text) && text.length < 8000;
}

function toCurl({ method, target, headers, body }: FuzzRequest, url: URL): string {
  const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  // curl leaves a header without a value out; with a semicolon it sends it.
  const lines = headers.map(([name, value]) => {
    if (name === 'Authorization' && value.startsWith('Bearer ')) return '-H "Authorization: Bearer $TOKEN"';
    return `-H ${quote(value === '' ? `${name};` : `${name}: ${value}`)}`;
  });
  const data = body === undefined ? [] : [`--data-binary ${quote(body.toString())}`];
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  const type = body === undefined || hasType ? [] : [`-H 'Content-Type:'`];
  const how = method === 'HEAD' ? '-I' : `-i -X ${method}`;
  return ['curl', how, '-g --path-as-is', ...lines, ...type, ...data, quote(`${url.origin}${target}`)].join(
    ' ',
  );
}
