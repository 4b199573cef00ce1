import { hashOf } from './page-policy.ts';

const style =
  'body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}';

/** Where a browser that asks for `/` finds the rest. Its links are relative: a stage stands in front of the path. */
export const rootPage = {
  html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>adtally</title><link rel="icon" href="favicon.ico"><style>${style}</style></head><body><main><h1>adtally</h1><p>Serves targeted ads and counts increments exactly once.</p><ul><li><a href="docs">Docs</a>: every call, to read and to try</li><li><a href="console">Console</a>: what the pipeline does</li><li><a href="openapi.json">openapi.json</a></li><li><a href="health">Health</a></li></ul></main></body></html>`,
  policy: `default-src 'none'; img-src 'self'; style-src '${hashOf(style)}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
} as const;
