import { hashOf } from './page-policy.ts';

const style =
  'body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}';

/** The page at `/`, for browsers. Its links are relative because a stage may precede the path. */
export const rootPage = {
  html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>adtally</title><link rel="icon" href="favicon.ico"><style>${style}</style></head><body><main><h1>adtally</h1><p>Serves targeted ads and counts increments exactly once.</p><ul><li><a href="docs">Docs</a>: read and try every call</li><li><a href="console">Console</a>: the state of the pipeline</li><li><a href="openapi.json">openapi.json</a></li><li><a href="health">Health</a></li></ul></main></body></html>`,
  policy: `default-src 'none'; img-src 'self'; style-src '${hashOf(style)}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
} as const;

/** The icon of the pages: a tally of five. */
export const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#0b5c86"/><path d="M8 7v18M13 7v18M18 7v18M23 7v18M4 22L28 10" stroke="#fff" stroke-width="2.5" stroke-linecap="round" fill="none"/></svg>';
