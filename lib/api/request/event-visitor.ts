import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { RequestVisitor } from './api-request.ts';
import { header } from './request-header.ts';

/** Today's name, and those of older browsers. */
const purposeHeaders = ['sec-purpose', 'purpose', 'x-moz'] as const;

/** Alone or with parameters, as in `prefetch;prerender`. */
const prefetch = /^\s*prefetch\s*(?:[;,]|$)/i;

/** Read when it is asked for: most calls never do. */
export class EventVisitor implements RequestVisitor {
  readonly #event: APIGatewayProxyEvent;

  constructor(event: APIGatewayProxyEvent) {
    this.#event = event;
  }

  get isHead(): boolean {
    return this.#event.httpMethod === 'HEAD';
  }

  get userAgent(): string | undefined {
    const text = header(this.#event, 'user-agent')?.trim();
    return text === '' ? undefined : text;
  }

  get isPrefetch(): boolean {
    return purposeHeaders.some((name) => prefetch.test(header(this.#event, name) ?? ''));
  }
}
