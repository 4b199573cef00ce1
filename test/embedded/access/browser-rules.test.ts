import { describe, expect, it } from '@jest/globals';
import { createBrowserRules, type BrowserRulesOptions } from '../../../lib/embedded/access/browser-rules.ts';

const rules = (more: Partial<BrowserRulesOptions> = {}) =>
  createBrowserRules({ requiresToken: () => false, hosts: [], origins: [], stageOrigins: ['*'], ...more });

const allowed = (lines: string): string | undefined =>
  /^Access-Control-Allow-Origin: (.*)\r$/m.exec(lines)?.[1];

describe('a server that asks for no token', () => {
  it.each(
    [
      ...[
        'localhost',
        'localhost:3333',
        'LocalHost',
        'localhost.',
        'a.localhost',
        '127.0.0.1',
        '127.9.9.9:1',
      ],
      ...['[::1]', '[::1]:3333', 'box.example:80', 'BOX.example', ''],
    ].map((host) => [host]),
  )('answers to the Host %j', (host) => {
    expect(rules({ hosts: ['Box.example'] }).refuse({ host, origin: undefined })).toBeUndefined();
  });

  it.each(
    [
      ...[
        'evil.example',
        'evil.example:3333',
        'localhost.evil.example',
        'notlocalhost',
        '127.0.0.1.evil.example',
      ],
      ...[
        '128.0.0.1',
        '127.0.0.256',
        '127.1',
        '0.0.0.0',
        '192.168.0.1',
        '[::]',
        '[::2]',
        '10.0.0.1',
        'box.example',
      ],
    ].map((host) => [host]),
  )('tells the Host %s that it is misdirected', (host) => {
    expect(rules().refuse({ host, origin: undefined })?.statusCode).toBe(421);
  });

  it.each(
    [
      ...['http://localhost:5173', 'https://localhost', 'http://a.localhost', 'http://127.0.0.1:80'],
      ...['http://[::1]:9', 'https://app.example'],
    ].map((origin) => [origin]),
  )('lets a page of %s read its answers', (origin) => {
    const browserRules = rules({ origins: ['https://app.example'] });
    const asked = { host: 'localhost', origin };
    expect(browserRules.refuse(asked)).toBeUndefined();
    expect(allowed(browserRules.linesFor(asked, undefined))).toBe(origin);
    expect(browserRules.linesFor(asked, undefined)).toContain('Vary: Origin\r\n');
  });

  it.each(
    [
      ...[
        'https://evil.example',
        'null',
        '',
        'http://localhost.evil.example',
        'http://evil.example#localhost',
      ],
      ...['chrome-extension://abc', 'file://', 'http://localhost,http://evil.example', 'http://u@localhost'],
      ...['https://app.example', 'localhost'],
    ].map((origin) => [origin]),
  )('refuses a page of %j, which may not even read that', (origin) => {
    const asked = { host: 'localhost', origin };
    expect(rules().refuse(asked)?.statusCode).toBe(403);
    expect(rules().linesFor(asked, undefined)).toBe('Vary: Origin\r\n');
  });

  it('names no origin to whom no page asks for, nor where nothing could be read', () => {
    expect(rules().linesFor({ host: 'localhost', origin: undefined }, undefined)).toBe('Vary: Origin\r\n');
    expect(rules().linesFor(undefined, undefined)).toBe('Vary: Origin\r\n');
  });
});

describe('one request after another', () => {
  const hosts = ['', 'localhost', 'box.example', 'evil.example'];
  const origins = [undefined, 'http://localhost:1', 'https://app.example', 'https://evil.example'];
  /** By host and origin: the refusal, and whether that page may read the answer. */
  const verdicts: Readonly<Record<string, readonly (readonly [number | undefined, boolean])[]>> = {
    '': [
      [undefined, false],
      [undefined, true],
      [undefined, true],
      [403, false],
    ],
    localhost: [
      [undefined, false],
      [undefined, true],
      [undefined, true],
      [403, false],
    ],
    'box.example': [
      [undefined, false],
      [undefined, true],
      [undefined, true],
      [403, false],
    ],
    'evil.example': [
      [421, false],
      [421, true],
      [421, true],
      [421, false],
    ],
  };
  const all = hosts.flatMap((host) =>
    origins.map((origin, i) => ({ host, origin, verdict: verdicts[host]![i]! })),
  );

  it('is judged by its own Host and Origin, whichever came before it', () => {
    const browserRules = rules({ hosts: ['box.example'], origins: ['https://app.example'] });
    const wrong: unknown[] = [];
    for (const before of all) {
      for (const { verdict, ...request } of all) {
        browserRules.refuse(before);
        const statusCode = browserRules.refuse(request)?.statusCode;
        browserRules.linesFor(before, undefined);
        const reads = allowed(browserRules.linesFor(request, undefined));
        if (statusCode !== verdict[0] || reads !== (verdict[1] ? request.origin : undefined))
          wrong.push({ before, request, statusCode, reads });
      }
    }
    expect(wrong).toEqual([]);
  });
});

it('says once what an answer depends on', () => {
  expect(rules().linesFor({ host: 'localhost', origin: undefined }, 'Accept')).toBe(
    'Vary: Accept, Origin\r\n',
  );
  const lines = rules({ requiresToken: () => true }).linesFor({ host: 'a', origin: undefined }, 'Accept');
  expect(lines.match(/^Vary: .*$/gm)).toEqual(['Vary: Accept']);
});

describe('a server that asks for tokens', () => {
  const asked = { host: 'evil.example', origin: 'https://app.example' };
  const guarded = (origins: readonly string[], stageOrigins: readonly string[]) =>
    rules({ requiresToken: () => true, origins, stageOrigins });

  it('lets every page ask', () => {
    expect(guarded([], []).refuse(asked)).toBeUndefined();
  });

  it('lets the pages of the stage read its answers, or those that it was started with', () => {
    expect(allowed(guarded([], ['*']).linesFor(asked, undefined))).toBe('*');
    expect(guarded([], []).linesFor(asked, undefined)).toBe('');
    expect(allowed(guarded([], ['https://app.example']).linesFor(asked, undefined))).toBe(
      'https://app.example',
    );
    expect(guarded([], ['https://other.example']).linesFor(asked, undefined)).toBe('Vary: Origin\r\n');
    expect(guarded(['https://other.example'], ['*']).linesFor(asked, undefined)).toBe('Vary: Origin\r\n');
    expect(allowed(guarded(['https://app.example'], []).linesFor(asked, undefined))).toBe(
      'https://app.example',
    );
  });

  it('has done so from the moment on at which it does', () => {
    let requiresToken = false;
    const browserRules = rules({ requiresToken: () => requiresToken });
    expect(browserRules.refuse(asked)?.statusCode).toBe(421);
    requiresToken = true;
    expect(browserRules.refuse(asked)).toBeUndefined();
    expect(allowed(browserRules.linesFor(asked, undefined))).toBe('*');
  });
});
