/**
 * What follows `http://` in an address: a name, an IPv4 address or an IPv6 address in brackets, and perhaps a
 * port.
 */
export interface Authority {
  /** In lower case, an IPv6 address with its brackets; empty if there is only a port, or nothing. */
  readonly host: string;
  /** undefined: there is none, or it is empty. */
  readonly port: number | undefined;
}

// RFC 3986, 3.2.2: the characters of a name, without the comma, because two Host headers are joined by one;
// and those of an address in brackets, which is checked below.
const pattern = /^(\[[0-9A-Fa-f:.]+\]|(?:[\w.~!$&'()*+;=-]|%[0-9A-Fa-f]{2})*)(?::(\d*))?$/;

/**
 * undefined: not an authority (RFC 9110, 7.2). User information is refused too: requests use it to mislead.
 */
export function parseAuthority(text: string): Authority | undefined {
  const [whole, host = '', digits = ''] = pattern.exec(text) ?? [];
  if (whole === undefined || digits.length > portDigitsMax || Number(digits) > portMax) return undefined;
  if (host.startsWith('[') && !URL.canParse(`http://${host}/`)) return undefined;
  return { host: host.toLowerCase(), port: digits === '' ? undefined : Number(digits) };
}

const portMax = 65_535;
/** Room for leading zeros, which the grammar allows. */
const portDigitsMax = 10;

/** A name that means the own machine (RFC 6761, 6.3), or an address of its loopback interface. */
export function isLoopbackHost(host: string): boolean {
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || isLoopbackAddress(name);
}

function isLoopbackAddress(text: string): boolean {
  return /^127(?:\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
}
