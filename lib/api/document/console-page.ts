/** A page with its script and its style inside. */
export interface PlainPage {
  readonly html: string;
  /** The `Content-Security-Policy` that the page needs. */
  readonly policy: string;
}

/** The operators' console, and the script of the docs page; both are built from console/. */
export interface ConsolePage extends PlainPage {
  /** The script of the docs page. The page itself is generated from the OpenAPI document. */
  readonly docsScript: string;
}

/** Builds or reads both. It is called for each request, so the implementation must cache. */
export type ConsoleSource = () => Promise<ConsolePage>;

/** File names, beside the bundle of the function that serves them. */
export const consoleFile = 'console.json';
