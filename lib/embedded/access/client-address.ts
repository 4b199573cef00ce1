import { isIP, SocketAddress } from 'node:net';
import type { HttpHandler, HttpRequest } from '../http/http-message.ts';

/**
 * The one form of an address, as sockets show it: IPv6 may be written in many. An IPv4 address that a socket of
 * IPv6 shows as `::ffff:192.0.2.1` is that IPv4 address. Any other text is itself.
 */
function plainAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  const [text = '', zone] = address.split('%');
  const plain = new SocketAddress({ address: text, family: 'ipv6' }).address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1];
  return mapped ?? (zone === undefined ? plain : `${plain}%${zone}`);
}

/**
 * Whose calls an address limit counts together: an IPv4 address, or the /64 of an IPv6 address, which is the
 * least that a network gives one subscriber. Any other text is itself.
 */
export function addressRange(address: string): string {
  const plain = plainAddress(address);
  if (isIP(plain) !== 6) return plain;
  const [text = ''] = plain.split('%');
  const [head = [], tail] = text.split('::').map((part) => (part === '' ? [] : part.split(':')));
  // A tail in the form of IPv4 stands for two groups.
  const tailLength = (tail ?? []).reduce((sum, group) => sum + (group.includes('.') ? 2 : 1), 0);
  const zeros = tail === undefined ? 0 : 8 - head.length - tailLength;
  const groups = [...head, ...Array.from({ length: zeros }, () => '0'), ...(tail ?? [])].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

/**
 * Finds the client's own address behind trusted proxies. Each proxy adds the address of its peer at the end
 * of `X-Forwarded-For`, so the client is the last address there that no trusted proxy has. Whatever stands
 * before it the client may have written itself. A connection from any other address is the client's own. An
 * entry that is no address ends the search: the client is then the proxy that wrote it.
 */
export function behindProxies(handler: HttpHandler, trusted: readonly string[]): HttpHandler {
  const proxies = new Set(trusted.map(plainAddress));
  const clientOf = ({ sourceIp, headers }: HttpRequest): string => {
    let client = plainAddress(sourceIp);
    if (!proxies.has(client)) return client;
    for (const entry of forwardedFor(headers).toReversed()) {
      const address = forwardedAddress(entry);
      // No proxy writes this: what is before it is worth nothing.
      if (address === undefined) break;
      client = address;
      if (!proxies.has(client)) break;
    }
    return client;
  };
  return (request) => handler({ ...request, sourceIp: clientOf(request) });
}

const portMax = 65_535;

/**
 * The address of an entry: an IPv4 address or `IPv4:port`, or an IPv6 address, `[IPv6]` or `[IPv6]:port`, as
 * load balancers that keep the client's port write them (RFC 7239, 6). undefined: anything else, such as
 * `unknown`, or an address with a zone, which means nothing on another machine.
 */
function forwardedAddress(entry: string): string | undefined {
  if (isIP(entry) !== 0) return entry.includes('%') ? undefined : plainAddress(entry);
  const { v4, v6, port } =
    /^(?:(?<v4>[\d.]+)|\[(?<v6>[^\]%]+)\])(?::(?<port>\d{1,5}))?$/.exec(entry)?.groups ?? {};
  if (port !== undefined && Number(port) > portMax) return undefined;
  if (v4 !== undefined && isIP(v4) === 4) return v4;
  return v6 !== undefined && isIP(v6) === 6 ? plainAddress(v6) : undefined;
}

function forwardedFor(headers: readonly string[]): string[] {
  const entries: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() !== 'x-forwarded-for') continue;
    entries.push(...(headers[index + 1] ?? '').split(',').map((entry) => entry.trim()));
  }
  return entries;
}
