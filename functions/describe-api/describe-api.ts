import { faultsAnswer, jsonAnswer, type Answer } from '../../lib/api/answer/answer.ts';
import type { ConsoleSource } from '../../lib/api/document/console-page.ts';
import { docsPage, type DocsPage } from '../../lib/api/document/docs/docs-page.ts';
import { createHttpFunction, type HttpFunction } from '../../lib/api/answer/http-function.ts';
import { openApiDocument } from '../../lib/api/document/openapi.ts';
import { readParameters } from '../../lib/api/request/read-request.ts';
import { unroutedAnswer } from '../../lib/api/answer/unrouted.ts';
import { FieldErrors } from '../../lib/api/request/field-errors.ts';
import { noPath, noQuery } from '../../lib/api/request/query-schemas.ts';
import { createHealth, type HealthDeps } from './health.ts';

export type DescribeApiDeps = HealthDeps & { readonly consolePage: ConsoleSource };

const resources = ['/health', '/openapi.json', '/docs', '/console'];

/** Health, the OpenAPI document and its page, the console's page; and every request that no route takes. */
export function createDescribeApi(deps: DescribeApiDeps): HttpFunction {
  const health = createHealth(deps);
  // Made when first asked for, then kept: they do not change while the process lives.
  let openApi: string | undefined;
  let docs: DocsPage | undefined;

  function answerDocument(resource: string): Answer | Promise<Answer> {
    switch (resource) {
      case '/openapi.json':
        openApi ??= JSON.stringify(openApiDocument());
        return jsonAnswer(200, openApi, { 'Cache-Control': 'public, max-age=60' });
      case '/docs':
        return deps.consolePage().then(({ docsScript }) => pageAnswer(readDocs(docsScript)));
      case '/console':
        return deps.consolePage().then(pageAnswer);
      default:
        return health();
    }
  }

  function readDocs(script: string): DocsPage {
    docs ??= docsPage(openApiDocument(), script);
    return docs;
  }

  return createHttpFunction(deps, (event) => {
    const reads = event.httpMethod === 'GET' || event.httpMethod === 'HEAD';
    if (!reads || !resources.includes(event.resource)) return unroutedAnswer(event);
    const errors = new FieldErrors();
    readParameters(event, { pathParameters: noPath, query: noQuery }, errors);
    return errors.count > 0 ? faultsAnswer(errors) : answerDocument(event.resource);
  });
}

function pageAnswer({ html, policy }: DocsPage): Answer {
  return {
    statusCode: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      'Cache-Control': 'public, max-age=60',
    },
    body: html,
  };
}
