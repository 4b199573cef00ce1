import type * as builders from '../../console/build-page.ts';

type Builders = typeof builders;

/**
 * Builds a page for the first request, which takes a tenth of a second, and keeps it. A failure is not kept.
 */
export function builtOnce<Page>(build: (builders: Builders) => Promise<Page>): () => Promise<Page> {
  let page: Promise<Page> | undefined;
  // esbuild is loaded only for someone who opens a page.
  const make = async (): Promise<Page> => build(await import('../../console/build-page.ts'));
  return () => {
    page ??= make().catch((error: unknown) => {
      page = undefined;
      throw error;
    });
    return page;
  };
}
