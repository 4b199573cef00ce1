import {
  createClient,
  type ClientOptions,
  type FetchedAnswer,
  type FetchOptions,
} from '../../../client/index.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { createHttpWorld } from '../../support/http-world.ts';
import { clientClock } from './client-clock.ts';

/** May answer a request itself, before or after it took effect; undefined: the API's answer. */
export type Meddle = (
  request: FetchOptions & { readonly url: string },
  index: number,
  send: () => Promise<FetchedAnswer>,
) => Promise<FetchedAnswer | undefined> | FetchedAnswer | undefined;

/** A client of the whole API in memory, whose consumers run at once. */
export function worldApi(
  options: Partial<ClientOptions> & { readonly meddle?: Meddle } = {},
  settings = stageSettings('local'),
) {
  const { meddle, ...rest } = options;
  const world = createHttpWorld({ settings });
  world.startConsumers();
  const requests: (FetchOptions & { readonly url: string; readonly body: string })[] = [];
  let keys = 0;
  const client = createClient({
    baseUrl: 'http://api.test',
    ...rest,
    deps: {
      clock: clientClock(world.clock),
      random: () => 0.5,
      gzip: undefined,
      newKey: () => `key-${++keys}`,
      fetch: async (url, init) => {
        const request = { ...init, url, body: init.body as string };
        requests.push(request);
        const send = async (): Promise<FetchedAnswer> => {
          const { status, headers, text } = await world.send({
            method: init.method,
            path: url.slice('http://api.test'.length),
            headers: init.headers,
            ...(init.body !== undefined && { body: init.body }),
          });
          return { status, headers: new Headers(headers), text: () => Promise.resolve(text) };
        };
        return (await meddle?.(request, requests.length - 1, send)) ?? send();
      },
    },
  });
  return { ...world, client, requests };
}
