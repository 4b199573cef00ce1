import type { ApiDeps } from '../api/api-function.ts';
import { pageReply } from '../api/answer/page-reply.ts';
import { demoRoute } from '../api/document-routes.ts';
import { operation } from '../api/operation.ts';
import { builtOnce } from './built-once.ts';
import type { HttpHandler } from './http/http-message.ts';
import { createOwnPage } from './http/own-pages.ts';

/** Answers with the page `/demo`. A deployed stage does not have it: the page creates ads. */
export function createDemoPage(deps: ApiDeps): HttpHandler {
  const page = builtOnce(({ buildDemoPage }) => buildDemoPage());
  return createOwnPage(
    deps,
    operation(demoRoute, async () => pageReply(await page())),
  );
}
