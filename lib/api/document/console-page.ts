/** The operators' console (console/), built. */
export interface ConsolePage {
  readonly html: string;
  /** The `Content-Security-Policy` under which it works. */
  readonly policy: string;
}

/** Builds or reads the page; asked for at each request, so whoever gives it keeps it. */
export type ConsoleSource = () => Promise<ConsolePage>;

/** Beside the bundle of the function that serves it. */
export const consoleFile = 'console.json';
