import type { Authorize } from '../../app/tokens/authorize.ts';
import { covers } from '../../core/scopes.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import type { HttpHandler, HttpRequest } from '../http/http-message.ts';
import { badToken, forbidden, unauthorized, unavailable } from './refusals.ts';

/** Lets only tokens with the scope admin to a page that is no call of the API. */
export function guardPage(page: HttpHandler, authorize: Authorize): HttpHandler {
  return async (request) => {
    try {
      const authorization = authorizationOf(request);
      const token = await authorize(authorization);
      if (token === undefined) return authorization === undefined ? unauthorized : badToken;
      return covers(token.scopes, 'admin') ? await page(request) : forbidden('admin', token.scopes);
    } catch (error) {
      if (isStateStoreError(error)) return unavailable;
      throw error;
    }
  };
}

/** The only one; two of them are no token. */
function authorizationOf({ headers }: HttpRequest): string | undefined {
  const values: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === 'authorization') values.push(headers[index + 1] ?? '');
  }
  return values.length === 1 ? values[0] : undefined;
}
