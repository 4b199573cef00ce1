/** What is built for browsers (console/): the operators' console, and the script of the docs page. */
export interface ConsolePage {
  readonly html: string;
  /** The `Content-Security-Policy` under which it works. */
  readonly policy: string;
  /** Of the docs page, which is made from the OpenAPI document and has the script inside. */
  readonly docsScript: string;
}

/** Builds or reads both; asked for at each request, so its source keeps it. */
export type ConsoleSource = () => Promise<ConsolePage>;

/** Beside the bundle of the function that serves it. */
export const consoleFile = 'console.json';
