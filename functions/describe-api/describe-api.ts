import { pageReply, shortlyKept, tagOf } from '../../lib/api/answer/page-reply.ts';
import { createApiFunction, type ApiFunction } from '../../lib/api/api-function.ts';
import { documentRoutes, linksExample as links } from '../../lib/api/document-routes.ts';
import type { ConsoleSource } from '../../lib/api/document/console-page.ts';
import { docsPage } from '../../lib/api/document/docs/docs-page.ts';
import { inlineDocument, openApiDocument } from '../../lib/api/document/openapi.ts';
import { icon, rootPage } from '../../lib/api/document/root-page.ts';
import { apiVersion } from '../../lib/api/document/openapi-text.ts';
import { operation } from '../../lib/api/operation.ts';
import { acceptsPage } from '../../lib/api/request/accept.ts';
import type { RequestAddress } from '../../lib/api/request/api-request.ts';
import { createHealth, type HealthDeps } from './health.ts';

export type DescribeApiDeps = HealthDeps & {
  readonly consolePage: ConsoleSource;
  /** For `npm start`, which has a metrics page and may need no tokens; absent on AWS. */
  readonly local?: { readonly isOpen: () => boolean };
};

/**
 * Serves health, the OpenAPI document and its page, and the console; and answers requests without a route.
 */
export function createDescribeApi(deps: DescribeApiDeps): ApiFunction {
  const health = createHealth(deps);
  const { local } = deps;
  const documents = createLast((server: string, isOpen: boolean) => ({
    json: JSON.stringify(openApiDocument({ server, isOpen, hasMetricsPage: local !== undefined })),
  }));
  const docs = createLast((isOpen: boolean, script: string) =>
    docsPage(inlineDocument({ isOpen, hasMetricsPage: local !== undefined }), script),
  );
  const isOpen = (): boolean => local?.isOpen() ?? false;
  const scheme = local === undefined ? 'https' : 'http';

  return createApiFunction(deps, [
    operation(documentRoutes.getRoot, ({ address }) =>
      acceptsPage(address.accept)
        ? pageReply(rootPage, { Vary: 'Accept' })
        : {
            status: 200,
            headers: { ...shortlyKept, Vary: 'Accept' },
            body: { ...links, version: apiVersion },
          },
    ),
    operation(documentRoutes.getHealth, async () => ({
      status: 200,
      headers: { 'Cache-Control': 'no-store' },
      body: await health(),
    })),
    operation(documentRoutes.getOpenApi, ({ address }) => {
      const { json } = documents(serverOf(address, scheme), isOpen());
      // It contains the address of the request.
      const headers = { ...shortlyKept, ETag: tagOf(json), Vary: 'Host' };
      return { status: 200, headers, body: json };
    }),
    operation(documentRoutes.getDocs, async () =>
      pageReply(docs(isOpen(), (await deps.consolePage()).docsScript)),
    ),
    operation(documentRoutes.getConsole, async () => pageReply(await deps.consolePage())),
    operation(documentRoutes.getIcon, () => ({
      status: 200,
      headers: {
        'Content-Type': 'image/svg+xml',
        'Cache-Control': 'public, max-age=86400',
        ETag: tagOf(icon),
      },
      body: icon,
    })),
  ]);
}

function serverOf({ authority, base }: RequestAddress, scheme: string): string {
  return authority === undefined ? '/' : `${scheme}://${authority}${base}`;
}

/** Keeps the last text that it made, and makes a new one only for another key. */
function createLast<A extends readonly unknown[], T>(make: (...args: A) => T): (...args: A) => T {
  let last: { readonly args: A; readonly made: T } | undefined;
  return (...args) => {
    if (last === undefined || args.some((arg, i) => arg !== last?.args[i]))
      last = { args, made: make(...args) };
    return last.made;
  };
}
