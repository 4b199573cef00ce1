/** What follows `http://` in an address: a name, an IPv4 address or an IPv6 address in brackets, and perhaps a port. */
export interface Authority {
  /** In lower case, an IPv6 address in its brackets; empty where only a port was given, or nothing. */
  readonly host: string;
  /** undefined: none, or an empty one. */
  readonly port: number | undefined;
}

// RFC 3986, 3.2.2: the characters of a name, but for the comma, which would make one of two Host headers; and those of
// an address in brackets, which is looked at below.
const pattern = /^(\[[0-9A-Fa-f:.]+\]|(?:[\w.~!$&'()*+;=-]|%[0-9A-Fa-f]{2})*)(?::(\d*))?$/;

/** undefined: not an authority (RFC 9110, 7.2). User information is refused too: in requests it is a way to mislead. */
export function parseAuthority(text: string): Authority | undefined {
  const [whole, host = '', digits = ''] = pattern.exec(text) ?? [];
  if (whole === undefined || digits.length > portDigitsMax || Number(digits) > portMax) return undefined;
  if (host.startsWith('[') && !URL.canParse(`http://${host}/`)) return undefined;
  return { host: host.toLowerCase(), port: digits === '' ? undefined : Number(digits) };
}

const portMax = 65_535;
/** Room for leading zeros, which the grammar allows. */
const portDigitsMax = 10;

/** A name that every machine has for itself (RFC 6761, 6.3), or an address of its loopback interface. */
export function isLoopbackHost(host: string): boolean {
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || isLoopbackAddress(name);
}

function isLoopbackAddress(text: string): boolean {
  return /^127(?:\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
}
