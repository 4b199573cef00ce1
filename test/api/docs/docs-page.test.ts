import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { buildConsolePage } from '../../../console/build-page.ts';
import { problemNames } from '../../../lib/api/answer/problems.ts';
import { docsPage, type DocsPage } from '../../../lib/api/document/docs/docs-page.ts';
import { inlineDocument, type OpenApiDocument } from '../../../lib/api/document/openapi.ts';
import { routes } from '../../../lib/api/routes.ts';

/** Script and style inside, as a browser gets it: about 1 kB for each call that the page describes. */
const gzipBytesMax = 44_000;

const document = inlineDocument();
let script: string;
let page: DocsPage;

beforeAll(async () => {
  script = (await buildConsolePage()).docsScript;
  page = docsPage(document, script);
});

/** The page but for its script, which has markup in no other way than as text of code. */
function markup(): string {
  return page.html.replace(`<script>${script}</script>`, '');
}

/** What one call shows. */
function cardOf(operationId: string, html = page.html): string {
  return (
    new RegExp(
      `<details class="card call" id="${operationId}">[^]*?(?=<details class="card|</section>)`,
    ).exec(html)?.[0] ?? ''
  );
}

describe('the docs page', () => {
  it('has an anchor for each call, schema and problem, and links to nothing that lacks one', () => {
    const all = Array.from(markup().matchAll(/ id="([^"]+)"/g), ([, id]) => id);
    const ids = new Set(all);
    expect(all).toHaveLength(ids.size);
    for (const { operationId } of routes) expect(ids).toContain(operationId);
    for (const name of Object.keys(document.components.schemas)) expect(ids).toContain(`schema-${name}`);
    for (const name of problemNames) expect(ids).toContain(`problem-${name}`);
    const links = Array.from(markup().matchAll(/href="#([^"]+)"/g), ([, target]) => target);
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter((target) => !ids.has(target))).toEqual([]);
    const described = Array.from(
      markup().matchAll(/ (?:for|aria-describedby|aria-labelledby)="([^"]+)"/g),
      ([, id]) => id,
    );
    expect(described.filter((id) => !ids.has(id))).toEqual([]);
  });

  it('needs nothing from elsewhere', () => {
    expect(markup()).not.toMatch(/<script|<img|@import|url\(|src=|style="| on\w+=/i);
    const targets = Array.from(markup().matchAll(/href="(?!#)([^"]+)"/g), ([, target]) => target);
    expect(targets).toStrictEqual(['data:,', 'openapi.json', 'console']);
    expect(script).not.toMatch(/\bhttps?:\/\/(?!www\.w3\.org\/2000\/svg)/);
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(/);
  });

  it('may run its own script and style and talk to its own origin, and nothing else', () => {
    const style = /<style>([^]*?)<\/style>/.exec(page.html)?.[1] ?? '';
    const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(style.length).toBeGreaterThan(2000);
    expect(script.length).toBeGreaterThan(2000);
    expect(page.html).toContain(`<script>${script}</script>`);
    expect(page.policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${hash(script)}`,
      `style-src ${hash(style)}`,
      "connect-src 'self'",
      "require-trusted-types-for 'script'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
  });

  it('runs nothing where there is no script', () => {
    const bare = docsPage(document, '');
    expect(bare.html).toBe(markup());
    expect(bare.policy).not.toContain('script-src');
  });

  it('weighs less than its limit', () => {
    const whole = gzipSync(page.html).length;
    // The figure is what a reader of the run wants to see.
    process.stdout.write(`docs page: ${whole} bytes gzip, of which script ${gzipSync(script).length}\n`);
    expect(whole).toBeLessThan(gzipBytesMax);
  });

  it('opens and closes its elements in order', () => {
    const open: string[] = [];
    for (const [, slash, name = '', rest = ''] of markup().matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/g)) {
      if (['meta', 'link', 'input', 'br'].includes(name) || rest.endsWith('/')) continue;
      if (slash === '') open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toStrictEqual([]);
  });

  it('links to the problems of every call once instead of repeating them', () => {
    const card = cardOf('createAd');
    expect(card).toContain('#problem-over-limit');
    expect(card).not.toContain('#problem-internal');
    expect(card).not.toContain('#problem-unauthorized');
    expect(card).toContain('href="#problems-of-every-call"');
    expect(card).toContain('href="#problems-with-a-token"');
    expect(cardOf('getHealth')).not.toContain('href="#problems-with-a-token"');
    const group = /id="problems-of-every-call">[^]*?<\/details>/.exec(page.html)?.[0];
    expect(group).toContain('id="problem-internal"');
    expect(group).not.toContain('id="problem-over-limit"');
  });

  it('shows a token form only if some call needs a token', () => {
    expect(page.html).toContain('id="token-form"');
    const open = mapOperations(document, (operation) => ({ ...operation, security: [] }));
    expect(docsPage(open, script).html).not.toContain('id="token-form"');
  });

  it('names the address that the document was served from', () => {
    const served = { ...document, servers: [{ url: 'https://api.example/prod/', description: '' }] };
    expect(docsPage(served, script).html).toContain(
      'curl &#39;<span class="base">https://api.example/prod</span>/api/v1/ad',
    );
  });
});

type Operation = OpenApiDocument['paths'][string][string];

function mapOperations(from: OpenApiDocument, change: (operation: Operation) => unknown): OpenApiDocument {
  const paths = Object.entries(from.paths).map(([path, operations]) => [
    path,
    Object.fromEntries(Object.entries(operations).map(([method, one]) => [method, change(one)])),
  ]);
  return { ...from, paths: Object.fromEntries(paths) as OpenApiDocument['paths'] };
}

describe('a document with its parts in components', () => {
  const example = { summary: 'A tea shop', value: { title: '<b>Tea</b> & more', content: "it's" } };
  const referring = {
    openapi: '3.1.0',
    info: { title: 'api', version: '1', description: 'First.\n\nSecond.' },
    servers: [{ url: '.', description: '' }],
    tags: [{ name: 'Things' }],
    paths: {
      '/things/{id}': {
        patch: {
          operationId: 'changeThing',
          tags: ['Things'],
          summary: 'Change a thing',
          security: [],
          parameters: [{ $ref: '#/components/parameters/id' }],
          requestBody: { $ref: '#/components/requestBodies/thing' },
          responses: {
            200: { $ref: '#/components/responses/done' },
            404: { $ref: '#/components/responses/gone' },
          },
        },
        delete: {
          operationId: 'deleteThing',
          tags: ['Things'],
          summary: 'Delete a thing',
          security: [],
          parameters: [{ $ref: '#/components/parameters/id' }],
          responses: { 404: { $ref: '#/components/responses/gone' } },
        },
      },
    },
    components: {
      parameters: {
        id: {
          name: 'id',
          in: 'path',
          required: true,
          example: 'a/b',
          schema: { $ref: '#/components/schemas/Id' },
        },
      },
      requestBodies: {
        thing: {
          content: {
            'application/json': {
              schema: { $ref: '#/components/schemas/Thing' },
              examples: { tea: { $ref: '#/components/examples/tea' } },
            },
          },
        },
      },
      examples: { tea: example },
      headers: { tag: { description: 'What version.', schema: { type: 'string' } } },
      responses: {
        done: {
          description: 'Done.',
          headers: { ETag: { $ref: '#/components/headers/tag' } },
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
        },
        gone: { description: 'It is gone.' },
      },
      schemas: {
        Id: { type: 'string', maxLength: 9 },
        Letter: { type: 'string', enum: 'a b c d e f g h i j k l m'.split(' ') },
        Thing: {
          type: 'object',
          required: ['title'],
          properties: {
            title: { type: 'string', minLength: 5, maxLength: 100, description: 'What it is called.' },
            id: { $ref: '#/components/schemas/Id' },
            parts: {
              type: 'array',
              items: { type: 'object', properties: { size: { type: 'integer', minimum: 1 } } },
            },
            letters: { type: 'array', items: { $ref: '#/components/schemas/Letter' } },
            next: { anyOf: [{ $ref: '#/components/schemas/Thing' }, { type: 'null' }] },
          },
        },
      },
      securitySchemes: {},
    },
  } as unknown as OpenApiDocument;
  const { html } = docsPage(referring, '');
  const card = cardOf('changeThing', html);

  it('shows the parameters, bodies, headers and examples that are referred to', () => {
    expect(card).toContain('path, required, string, at most 9 characters');
    expect(card).toMatch(/<input [^>]*name="id"[^>]* required[^>]* value="a\/b">/);
    expect(card).toContain('&quot;title&quot;: &quot;&lt;b&gt;Tea&lt;/b&gt; &amp; more&quot;');
    expect(html).toContain('<dd>What version.</dd>');
    expect(card).toContain('<code class="status">404</code> It is gone.');
    expect(html).not.toContain('<b>Tea');
  });

  it('has samples made of them', () => {
    expect(card).toContain('/things/a%2Fb');
    expect(card).toContain('client.changeThing({');
  });

  it('lists fields with what they may be, those within others as well, and links to schemas by name', () => {
    const list = /id="schema-Thing">[^]*?<\/details>/.exec(html)?.[0] ?? '';
    const lines = Array.from(
      list.matchAll(/<dt><code>(.*?)<\/code><\/dt><dd><span class="soft">(.*?)<\/span>/g),
      ([, name, words]) => [name, words],
    );
    expect(lines).toEqual([
      ['title', 'string, 5 to 100 characters'],
      ['id', 'string, at most 9 characters, optional'],
      ['parts', 'list of object, optional'],
      ['parts[].size', 'integer, at least 1, optional'],
      ['letters', 'list of <a href="#schema-Letter">Letter</a>, optional'],
      ['next', '<a href="#schema-Thing">Thing</a> or null, optional'],
    ]);
    expect(html).toContain('<p>One of a, b, c, d, e, f, g, h, i, j, k, l, m.</p>');
  });

  it('has a button that Enter does not press where a call cannot be taken back', () => {
    expect(cardOf('deleteThing', html)).toMatch(
      /<form [^>]*data-careful[^]*<button type="button" class="danger">/,
    );
    expect(card).not.toContain('data-careful');
  });

  it('is refused if it refers to what it lacks or to itself', () => {
    const withParameter = (parameters: unknown): OpenApiDocument =>
      ({ ...referring, components: { ...referring.components, parameters } }) as unknown as OpenApiDocument;
    expect(() => docsPage(withParameter({}), '')).toThrow('the document has no #/components/parameters/id');
    const loop = { id: { $ref: '#/components/parameters/id' } };
    expect(() => docsPage(withParameter(loop), '')).toThrow('#/components/parameters/id refers to itself');
  });
});
