/**
 * Whether a request prefers a page to JSON: browsers name text/html in `Accept`, programs seldom name anything
 * (RFC 9110, 12.5.1). What refuses pages by a weight of 0 gets JSON.
 */
export function acceptsPage(accept: string | undefined): boolean {
  if (accept === undefined || accept.length > 1000) return false;
  return accept.split(',').some((element) => {
    const [range = '', ...parameters] = element.split(';').map((part) => part.trim().toLowerCase());
    return range === 'text/html' && !parameters.some((parameter) => /^q=0(?:\.0{0,3})?$/.test(parameter));
  });
}
