import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { limitAddresses } from '../../../lib/embedded/access/address-limit.ts';
import { addressRange, behindProxies } from '../../../lib/embedded/access/client-address.ts';
import type { HttpHandler, HttpRequest } from '../../../lib/embedded/http/http-message.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { createRecordingTelemetry } from '../../support/recording-telemetry.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const requestFrom = (sourceIp: string, ...headers: string[]): HttpRequest => ({
  ...{ method: 'GET', target: '/nothing', headers, sourceIp },
  ...{ requestId: 'r', body: Buffer.alloc(0) },
});

/** Answers with the address that it sees. */
const show: HttpHandler = ({ sourceIp }) =>
  Promise.resolve({ statusCode: 200, headerLines: '', body: sourceIp });

describe('the range of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:192.0.2.7', '192.0.2.7'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:FFFF:C000:0207', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1::4:5:6:7', '2001:db8:1:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.7', '1:2:3:4::/64'],
    ['', ''],
    ['unknown', 'unknown'],
  ])('%s is in %s', (address, range) => {
    expect(addressRange(address)).toBe(range);
  });

  it('is the first 64 bits of any IPv6 address, however it is written', () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), fc.nat(7), fc.nat(7), (groups, a, b) => {
        // ::ffff:0:0/96 is IPv4.
        fc.pre(groups.slice(0, 5).some((one) => one !== 0));
        const texts = groups.map((one) => one.toString(16));
        const wanted = `${texts.slice(0, 4).join(':')}::/64`;
        expect(addressRange(texts.join(':'))).toBe(wanted);
        expect(addressRange(texts.map((one) => one.padStart(4, '0').toUpperCase()).join(':'))).toBe(wanted);
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        if (groups.slice(from, to + 1).every((one) => one === 0)) {
          const short = `${texts.slice(0, from).join(':')}::${texts.slice(to + 1).join(':')}`;
          expect(addressRange(short)).toBe(wanted);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the client behind proxies', () => {
  const seen = async (trusted: string[], sourceIp: string, ...forwarded: string[]): Promise<unknown> => {
    const headers = forwarded.flatMap((value) => ['X-Forwarded-For', value]);
    return (await behindProxies(show, trusted)(requestFrom(sourceIp, 'Host', 'a', ...headers))).body;
  };
  const [edge, inner] = ['10.0.0.1', '10.0.0.2'];

  it.each([
    ['no proxy: the socket, whatever the client writes', [edge], '192.0.2.1', ['198.51.100.1'], '192.0.2.1'],
    ['one proxy: the last entry', [edge], edge, ['198.51.100.1'], '198.51.100.1'],
    ['what the client wrote before', [edge], edge, ['203.0.113.9, 198.51.100.1'], '198.51.100.1'],
    ['two lines', [edge], edge, ['203.0.113.9', '198.51.100.1'], '198.51.100.1'],
    ['two proxies', [edge, inner], inner, [`203.0.113.9, 198.51.100.1, ${edge}`], '198.51.100.1'],
    ['a client that names a proxy as itself', [edge], edge, [`203.0.113.9, ${edge}`], '203.0.113.9'],
    ['an untrusted proxy in between', [edge], edge, ['203.0.113.9, 10.9.9.9'], '10.9.9.9'],
    ['no header', [edge], edge, [], edge],
    ['an entry that is no address', [edge], edge, ['203.0.113.9, unknown'], edge],
    ['an empty header', [edge], edge, [''], edge],
    ['a proxy in the form of IPv6', [edge], `::ffff:${edge}`, ['2001:db8::1'], '2001:db8::1'],
    ['a client in the form of IPv6', ['::1'], '::1', ['::ffff:192.0.2.1'], '192.0.2.1'],
    ['only proxies', [edge, inner], inner, [edge], edge],
    ['a proxy that is named in capitals', ['2001:DB8::1'], '2001:db8::1', ['192.0.2.1'], '192.0.2.1'],
    ['a proxy that is named in full', ['0:0:0:0:0:0:0:1'], '::1', ['192.0.2.1'], '192.0.2.1'],
    ['a proxy that is named as IPv6', ['::ffff:a00:1'], edge, ['192.0.2.1'], '192.0.2.1'],
    ['a proxy of this link', ['FE80::1%eth0'], 'fe80::1%eth0', ['192.0.2.1'], '192.0.2.1'],
    ['a proxy of another link', ['fe80::1%eth1'], 'fe80::1%eth0', ['192.0.2.1'], 'fe80::1%eth0'],
    ['a client with its port', [edge], edge, ['203.0.113.9, 198.51.100.1:65535'], '198.51.100.1'],
    ['a client of IPv6 with its port', [edge], edge, ['[2001:DB8::1]:443'], '2001:db8::1'],
    ['a client of IPv6 in brackets', [edge], edge, ['[2001:db8::1]'], '2001:db8::1'],
    ['a client in the form of IPv6 with its port', [edge], edge, ['[::ffff:192.0.2.1]:80'], '192.0.2.1'],
    [
      'two proxies, the outer with its port',
      [edge, inner],
      inner,
      [`203.0.113.9, 198.51.100.1:80, ${edge}:1`],
      '198.51.100.1',
    ],
    [
      'two proxies of IPv6, the outer with its port',
      ['::1', '2001:db8::2'],
      '::1',
      ['198.51.100.1, [2001:db8::2]:0'],
      '198.51.100.1',
    ],
    [
      'two proxies, the outer in full',
      ['::1', '2001:db8::2'],
      '::1',
      ['192.0.2.1, 2001:DB8:0:0:0:0:0:2'],
      '192.0.2.1',
    ],
  ])('%s', async (_name, trusted, sourceIp, forwarded, wanted) => {
    expect(await seen(trusted, sourceIp, ...forwarded)).toBe(wanted);
  });

  it.each([
    ['198.51.100.1:65536'],
    ['198.51.100.1:'],
    ['198.51.100.1:8o'],
    ['198.51.100.1:080:80'],
    ['198.51.100:80'],
    ['198.51.100.256:80'],
    ['[198.51.100.1]:80'],
    ['2001:db8::1]:80'],
    ['[2001:db8::1'],
    ['[2001:db8::1]80'],
    ['[2001:db8::1]:65536'],
    ['[2001:db8::g]:80'],
    ['[[2001:db8::1]]'],
    ['fe80::1%text'],
    ['[fe80::1%text]:80'],
    ['"198.51.100.1:80"'],
    ['for=198.51.100.1'],
    ['_hidden'],
    [':80'],
    ['[]:80'],
  ])('is the last proxy if the entry is %s', async (entry) => {
    expect(await seen([edge, inner], inner, `203.0.113.9, ${entry}, ${edge}`)).toBe(edge);
    expect(await seen([edge], edge, `203.0.113.9, ${entry}`)).toBe(edge);
  });
});

describe('a limit by address', () => {
  function build() {
    const clock = createVirtualClock();
    const telemetry = createRecordingTelemetry();
    const rate = { ratePerSecond: 0.4, burst: 2 };
    const handler = limitAddresses(show, { rate, clock, telemetry });
    const ask = async (...request: Parameters<typeof requestFrom>) =>
      (await handler(requestFrom(...request))).statusCode;
    return { clock, telemetry, handler, ask };
  }

  it('counts every request of an address, whatever it asks, with and without a token', async () => {
    const { clock, telemetry, handler, ask } = build();
    expect(await ask('192.0.2.1')).toBe(200);
    expect(await ask('192.0.2.1', 'Authorization', 'Bearer other')).toBe(200);
    const refused = await handler(requestFrom('192.0.2.1', 'Authorization', 'Bearer third'));
    expect(refused.statusCode).toBe(429);
    expect(refused.headerLines).toContain('Retry-After: 3\r\n');
    expect(refused.headerLines).toContain('RateLimit-Policy: "address";q=2;w=5\r\n');
    expect(JSON.parse(String(refused.body))).toMatchObject({
      type: 'urn:adtally:problem:too-many-requests',
      detail: expect.stringContaining('This address may make') as unknown,
    });
    expect(telemetry.total(metrics.rateLimited)).toBe(1);
    expect(await ask('192.0.2.2')).toBe(200);
    await clock.advance(2500);
    expect(await ask('192.0.2.1')).toBe(200);
    expect(await ask('192.0.2.1')).toBe(429);
  });

  it('takes a /64 for one address', async () => {
    const { ask } = build();
    const asked = [await ask('2001:db8::1'), await ask('2001:db8::2'), await ask('2001:db8::3:0:0:4')];
    expect(asked).toEqual([200, 200, 429]);
    expect(await ask('2001:db8:0:1::1')).toBe(200);
  });
});
