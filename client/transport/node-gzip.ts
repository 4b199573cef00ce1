import type { ClientDeps } from '../deps.ts';
import type { NodeModules } from './node-modules.ts';

/** In Node, zlib takes a fraction of the time that the streams of the web take (bench: client). */
export function createNodeGzip({ zlib }: NodeModules): NonNullable<ClientDeps['gzip']> {
  return (text) =>
    new Promise((resolve, reject) => {
      zlib.gzip(text, (error, bytes) => {
        if (error === null) resolve(new Uint8Array(bytes));
        else reject(error);
      });
    });
}
