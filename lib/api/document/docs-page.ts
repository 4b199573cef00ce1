import { createHash } from 'node:crypto';
import { docsStyle } from './docs-style.ts';
import { escapeHtml, inlineHtml, paragraphs } from './html.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Content, OpenApiDocument, Operation, Parameter, Response } from './openapi.ts';
import { problemKind, problemNames, problemType } from '../answer/problems.ts';

/** The page may show its own style and nothing else: no script, image, font or frame, from anywhere. */
export const docsPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(docsStyle).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The OpenAPI document as one HTML page that needs nothing else, not even a script. */
export function docsPage(document: OpenApiDocument): string {
  const { info } = document;
  const calls = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = document.tags.map(({ name }) => {
    const cards = calls.filter(({ operation }) => operation.tags.includes(name)).map(callCard);
    return `<section aria-labelledby="tag-${name}"><h2 id="tag-${name}">${name}</h2>\n${cards.join('\n')}</section>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(info.title)} API</title>
<style>${docsStyle}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<div class="layout">
<nav aria-label="Contents">${contents(document, calls)}</nav>
<main id="main">
<h1>${escapeHtml(info.title)} API <span class="version">${escapeHtml(info.version)}</span></h1>
<p class="soft">The same as a machine reads it: <a href="openapi.json">openapi.json</a></p>
${paragraphs(info.description)}
${sections.join('\n')}
<section aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>
${Object.entries(document.components.schemas).map(schemaCard).join('\n')}</section>
<section aria-labelledby="problems"><h2 id="problems">Problems</h2>
${problemNames.map(problemCard).join('\n')}</section>
</main>
</div>
</body>
</html>
`;
}

interface Call {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

function contents(document: OpenApiDocument, calls: readonly Call[]): string {
  const groups = document.tags.map(({ name }) => {
    const items = calls
      .filter(({ operation }) => operation.tags.includes(name))
      .map(({ operation }) => link(operation.operationId, operation.summary));
    return `<h2>${name}</h2><ul>${items.join('')}</ul>`;
  });
  const more = link('schemas', 'Schemas') + link('problems', 'Problems');
  return `${groups.join('')}<h2>Reference</h2><ul>${more}</ul>`;
}

function link(anchor: string, text: string): string {
  return `<li><a href="#${anchor}">${escapeHtml(text)}</a></li>`;
}

function callCard({ path, method, operation }: Call): string {
  const body = Object.entries(operation.requestBody?.content ?? {});
  return `<article class="card" id="${operation.operationId}">
<div class="call"><span class="method ${method}">${method.toUpperCase()}</span><code>${escapeHtml(path)}</code><h3>${escapeHtml(operation.summary)}</h3></div>
<p>${inlineHtml(operation.description)}</p>
${scopeLine(operation)}
${operation.parameters.length > 0 ? `<h4>Parameters</h4>${parameterTable(operation.parameters)}` : ''}
${body.length > 0 ? `<h4>Body</h4><ul>${body.map(contentItem).join('')}</ul>` : ''}
<h4>Answers</h4>
<div class="scroll"><table><thead><tr><th scope="col">Status</th><th scope="col">Meaning</th><th scope="col">Headers</th></tr></thead><tbody>
${Object.entries(operation.responses).map(responseRow).join('\n')}
</tbody></table></div>
</article>`;
}

function scopeLine({ security }: Operation): string {
  const scopes = security.flatMap((requirement) => Object.values(requirement).flat());
  if (scopes.length === 0) return '';
  const open = security.some((requirement) => Object.keys(requirement).length === 0);
  const where = open ? ', unless the stage makes reads public' : '';
  return `<p class="soft">Needs the scope <code>${scopes.map(escapeHtml).join(' ')}</code>${where}.</p>`;
}

function parameterTable(parameters: readonly Parameter[]): string {
  const rows = parameters.map(
    (parameter) => `<tr><td><code>${escapeHtml(parameter.name)}</code></td>
<td class="soft">${parameter.in}${parameter.required ? ', required' : ''}</td>
<td>${inlineHtml(parameter.description ?? '')} <span class="soft">${escapeHtml(constraints(parameter.schema))}</span></td></tr>`,
  );
  return `<div class="scroll"><table><thead><tr><th scope="col">Name</th><th scope="col">In</th><th scope="col">Meaning</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

/** The few constraints that fit a line; the schemas section and openapi.json have them all. */
function constraints(schema: JsonSchema): string {
  const { minimum, maximum } = schema;
  const values = Array.isArray(schema.enum) ? schema.enum.map(String) : [];
  if (typeof minimum === 'number' && typeof maximum === 'number') return `${minimum} to ${maximum}.`;
  if (values.length > 0 && values.length <= 10) return `One of ${values.join(', ')}.`;
  return values.length > 0 ? `One of ${values.length} values.` : '';
}

function contentItem([mediaType, { schema }]: [string, Content]): string {
  return `<li><code>${escapeHtml(mediaType)}</code>: ${schemaLink(schema)}</li>`;
}

function schemaLink(schema: JsonSchema | undefined): string {
  const reference = schema?.$ref;
  if (typeof reference !== 'string') return 'see openapi.json';
  const name = escapeHtml(reference.slice(reference.lastIndexOf('/') + 1));
  return `<a href="#schema-${name}">${name}</a>`;
}

function responseRow([status, response]: [string, Response]): string {
  const contents = Object.values(response.content ?? {});
  const problemLinks = contents
    .flatMap(({ examples }) => Object.entries(examples ?? {}))
    .map(([name, { summary }]) => `<a href="#problem-${name}">${escapeHtml(summary ?? name)}</a>`);
  const schemaLinks = contents
    .filter(({ examples, schema }) => examples === undefined && schema?.$ref !== undefined)
    .map(({ schema }) => schemaLink(schema));
  const meaning = problemLinks.length > 0 ? problemLinks.join('; ') : inlineHtml(response.description);
  const headers = Object.keys(response.headers ?? {}).map((name) => `<code>${escapeHtml(name)}</code>`);
  return `<tr><td><code>${status}</code></td><td>${meaning} ${schemaLinks.join(' ')}</td><td>${headers.join(' ')}</td></tr>`;
}

function schemaCard([name, schema]: [string, JsonSchema]): string {
  return `<article class="card" id="schema-${escapeHtml(name)}"><h3>${escapeHtml(name)}</h3>
<pre tabindex="0">${escapeHtml(JSON.stringify(schema, shortenLists, 2))}</pre></article>`;
}

/** 249 countries, one a line, would bury the rest. */
function shortenLists(_key: string, value: unknown): unknown {
  return Array.isArray(value) && value.length > 20
    ? [...(value as unknown[]).slice(0, 3), `… ${value.length} in all, see openapi.json`]
    : value;
}

function problemCard(name: (typeof problemNames)[number]): string {
  const { status, title, description } = problemKind(name);
  return `<article class="card" id="problem-${name}"><h3>${status} ${escapeHtml(title)}</h3>
<p>${inlineHtml(description)}</p><p class="soft"><code>${problemType(name)}</code></p></article>`;
}
