import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TwoDoors, type Ask } from '../support/two-doors.ts';
import { ad, post, unknownAd, wait } from './requests.ts';

/** Every precondition against every state of an ad (RFC 9110, 13), written out. */

/** Header lines; then the status of GET and HEAD, of PATCH and of DELETE for an ad of version 1, and of version 2. */
const table: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ['', [200, 202, 202], [200, 202, 202]],
  ['If-Match: "1"', [200, 200, 204], [412, 412, 412]],
  ['If-Match: "2"', [412, 412, 412], [200, 200, 204]],
  ['If-Match: "1", "2"', [200, 200, 204], [200, 200, 204]],
  ['If-Match: "0", "3"', [412, 412, 412], [412, 412, 412]],
  ['If-Match: "01"', [412, 412, 412], [412, 412, 412]],
  ['If-Match: W/"1"', [412, 412, 412], [412, 412, 412]],
  ['If-Match: "1-gzip"', [200, 200, 204], [412, 412, 412]],
  ['If-Match: *', [200, 200, 204], [200, 200, 204]],
  ['If-None-Match: "1"', [304, 412, 412], [200, 200, 204]],
  ['If-None-Match: "2"', [200, 200, 204], [304, 412, 412]],
  ['If-None-Match: W/"2"', [200, 200, 204], [304, 412, 412]],
  ['If-None-Match: "0", "3"', [200, 200, 204], [200, 200, 204]],
  ['If-None-Match: *', [304, 412, 412], [304, 412, 412]],
  ['If-Match: "1"|If-None-Match: "1"', [304, 412, 412], [412, 412, 412]],
  ['If-Match: "2"|If-None-Match: "1"', [412, 412, 412], [200, 200, 204]],
  ['If-Match: *|If-None-Match: "2"', [200, 200, 204], [304, 412, 412]],
  ['If-Match: "1"|If-None-Match: *', [304, 412, 412], [412, 412, 412]],
];

describe('a precondition', () => {
  let doors: TwoDoors;
  let path: string;
  beforeAll(async () => {
    doors = await TwoDoors.open();
  });
  afterAll(() => doors.close());

  const ask = (method: string, target: string, line: string): Ask => ({
    ...(method === 'PATCH' ? post(target, { title: 'Water time' }) : { target }),
    method,
    lines: [
      ...(method === 'PATCH' ? ['Content-Type: application/json'] : []),
      ...line.split('|').filter((one) => one !== ''),
    ],
  });

  /** New worlds with an ad of this version. */
  async function begin(version: number): Promise<void> {
    doors.renew();
    for (const world of doors.worlds) world.startConsumers();
    const created = await doors.ask(post('/api/v1/ad', ad, wait));
    path = created.headers['location'] ?? '';
    if (version === 2) await doors.ask({ ...post(path, { title: 'Coffee time' }, wait), method: 'PATCH' });
  }

  it.each(table)('%s', async (line, ...versions) => {
    for (const [index, [read, patch, remove]] of versions.entries()) {
      const version = index + 1;
      await begin(version);
      for (const method of ['GET', 'HEAD'])
        expect([method, version, (await doors.ask(ask(method, path, line))).status]).toEqual([
          method,
          version,
          read,
        ]);
      const patched = await doors.ask(ask('PATCH', path, line));
      expect(['PATCH', version, patched.status]).toEqual(['PATCH', version, patch]);
      const { headers } = await doors.ask({ target: path });
      expect(headers['etag']).toBe(patch === 412 ? `"${version}"` : `"${version + 1}"`);
      if (patch !== 412) await begin(version);
      expect(['DELETE', version, (await doors.ask(ask('DELETE', path, line))).status]).toEqual([
        'DELETE',
        version,
        remove,
      ]);
      expect((await doors.ask({ target: path })).status).toBe(remove === 412 ? 200 : 404);
    }
  });

  it('is not looked at where there is no ad, or none any more', async () => {
    await begin(1);
    expect((await doors.ask({ method: 'DELETE', target: path, lines: [wait] })).status).toBe(204);
    for (const [line] of table)
      for (const target of [path, unknownAd])
        for (const method of ['GET', 'PATCH', 'DELETE'])
          expect([line, method, (await doors.ask(ask(method, target, line))).status]).toEqual([
            line,
            method,
            404,
          ]);
  });

  // One that holds makes the creation of an ad wait until it is applied, as it does a change.
  it('of a creation is held against the list of its path, and of a count against nothing', async () => {
    await begin(1);
    for (const [line, created, counted] of [
      ['If-Match: *', 201, 412],
      ['If-Match: "1"', 412, 412],
      ['If-None-Match: *', 412, 202],
      ['If-None-Match: "1"', 201, 202],
      ['If-Match: *|If-None-Match: *', 412, 412],
    ] as const) {
      const lines = line.split('|');
      expect([line, (await doors.ask(post('/api/v1/ad', ad, ...lines))).status]).toEqual([line, created]);
      expect([line, (await doors.ask(post('/increment', { key: 'k', value: 1 }, ...lines))).status]).toEqual([
        line,
        counted,
      ]);
    }
  });
});
