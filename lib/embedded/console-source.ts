import type { ConsolePage, ConsoleSource } from '../api/document/console-page.ts';

/** Builds the console when it is first asked for, in a tenth of a second, and keeps it; a failure is not kept. */
export function createConsoleSource(): ConsoleSource {
  let page: Promise<ConsolePage> | undefined;
  const make = async (): Promise<ConsolePage> => {
    // esbuild is not loaded by who never looks at the console.
    const { buildConsolePage } = await import('../../console/build-page.ts');
    return buildConsolePage();
  };
  return () => {
    page ??= make().catch((error: unknown) => {
      page = undefined;
      throw error;
    });
    return page;
  };
}
