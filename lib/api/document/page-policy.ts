import { createHash } from 'node:crypto';

export interface PageParts {
  /** May be empty. */
  readonly script: string;
  readonly style: string;
  /** Whether the page loads pictures from its own server. Default: it loads none. */
  readonly hasPictures?: boolean;
}

/** The `Content-Security-Policy` of a page with its one script and its one style inside. */
export function pagePolicy({ script, style, hasPictures = false }: PageParts): string {
  return [
    "default-src 'none'",
    ...(script === '' ? [] : [`script-src '${hashOf(script)}'`]),
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    // The browser refuses to turn text into markup.
    "require-trusted-types-for 'script'",
    // The empty icon keeps browsers from requesting one.
    `img-src ${hasPictures ? "'self' " : ''}data:`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** How a policy names an inline script or style. */
export function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
