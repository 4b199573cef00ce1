import { isBeaconPath } from '../openapi-document.ts';
import type { DocsCall } from './document-calls.ts';
import { contentExample, filledParameters, textsOf, type FilledParameter } from './examples.ts';
import { jsonText, literal, python, shellQuote, typescript } from './literal.ts';
import type { Schemas } from './schema-words.ts';

export interface Sample {
  readonly language: string;
  readonly code: string;
}

/** The environment variable from which samples take the token. */
const tokenVariable = 'ADTALLY_TOKEN';

interface SampleRequest {
  readonly call: DocsCall;
  readonly filled: readonly FilledParameter[];
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: unknown;
}

/** The call with its example parameters and body, for a shell and in two languages. The client has no beacons. */
export function samples(call: DocsCall, schemas: Schemas, baseUrl: string): readonly Sample[] {
  const filled = filledParameters(call, schemas);
  const [content] = call.body;
  const headers = filled
    .filter(({ parameter }) => parameter.in === 'header')
    .map(({ parameter, value }) => [parameter.name, String(value)] as const);
  const request: SampleRequest = {
    ...{ call, filled },
    url: `${baseUrl}${requestTarget(call, filled)}`,
    headers: content === undefined ? headers : [['Content-Type', content.mediaType], ...headers],
    body: content === undefined ? undefined : contentExample(content, schemas),
  };
  return [
    { language: 'curl', code: curlSample(request) },
    ...(isBeaconPath(call.path)
      ? []
      : [{ language: 'TypeScript', code: typescriptSample(request, baseUrl) }]),
    { language: 'Python', code: pythonSample(request) },
  ];
}

function requestTarget({ path }: DocsCall, filled: readonly FilledParameter[]): string {
  const target = path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const found = filled.find(({ parameter }) => parameter.in === 'path' && parameter.name === name);
    return encodeURIComponent(String(found?.value));
  });
  const pairs = filled
    .filter(({ parameter }) => parameter.in === 'query')
    .flatMap(({ parameter, value }) => textsOf(value).map((one) => [parameter.name, one] as const))
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? target : `${target}?${pairs.join('&')}`;
}

function curlSample({ call, url, headers, body }: SampleRequest): string {
  const method =
    call.method === 'GET' || (call.method === 'POST' && body !== undefined) ? '' : `-X ${call.method} `;
  const lines = [`curl ${method}${shellQuote(url)}`];
  if (call.scopes.length > 0) lines.push(`-H "Authorization: Bearer $${tokenVariable}"`);
  for (const [name, value] of headers) lines.push(`-H ${shellQuote(`${name}: ${value}`)}`);
  if (body !== undefined) lines.push(`-d ${shellQuote(jsonText(body))}`);
  return lines.join(' \\\n  ');
}

function typescriptSample({ call, filled, body }: SampleRequest, baseUrl: string): string {
  const members = filled.map(({ parameter, value }) => [
    parameter.in === 'header' ? camelCase(parameter.name) : parameter.name,
    value,
  ]);
  const input = Object.fromEntries([...members, ...(body === undefined ? [] : [['body', body]])]) as object;
  const given = Object.keys(input).length === 0 ? '' : literal(input, typescript);
  const token = call.scopes.length > 0 ? `, token: process.env.${tokenVariable} ?? ''` : '';
  return `import { createClient } from 'adtally-client';

const client = createClient({ baseUrl: ${typescript.quote(baseUrl)}${token} });
const answer = await client.${call.id}(${given});
console.log(answer.status, answer.body);`;
}

function pythonSample({ call, url, headers, body }: SampleRequest): string {
  const token = call.scopes.length > 0;
  const sent = [
    ...(token ? [`"Authorization": f"Bearer {os.environ['${tokenVariable}']}"`] : []),
    ...headers.map(([name, value]) => `${python.quote(name)}: ${python.quote(value)}`),
  ];
  const parts = [
    python.quote(url),
    `method="${call.method}"`,
    ...(sent.length > 0 ? [`headers={${sent.join(', ')}}`] : []),
    ...(body === undefined ? [] : [`data=json.dumps(${literal(body, python, '    ')}).encode()`]),
  ];
  const modules = [...(body === undefined ? [] : ['json']), ...(token ? ['os'] : []), 'urllib.request'];
  return `${modules.map((name) => `import ${name}`).join('\n')}

request = urllib.request.Request(
${parts.map((part) => `    ${part},\n`).join('')})
with urllib.request.urlopen(request) as answer:
    print(answer.status, answer.read().decode())`;
}

/** As the client calls the header: `If-None-Match` is `ifNoneMatch`. */
function camelCase(header: string): string {
  return header.toLowerCase().replace(/-(\w)/g, (_whole, letter: string) => letter.toUpperCase());
}
