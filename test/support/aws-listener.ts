import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { lambdaVariables } from './lambda-variables.ts';

export interface AskedOfAws {
  readonly method: string;
  readonly path: string;
  /** The call, in the protocols that name it in a header: `DynamoDB_20120810.GetItem`. */
  readonly target: unknown;
  readonly body: unknown;
}

/**
 * Stands for AWS, for ports that read where to call from the environment: it sets that, notes each request and answers
 * with `answer`, or an empty object. `stop` puts the environment back.
 */
export async function listenAsAws(answer: (asked: AskedOfAws) => object = () => ({})) {
  const before = { ...process.env };
  const asked: AskedOfAws[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const one = {
        method,
        path,
        target: headers['x-amz-target'],
        body: JSON.parse(text || '{}') as unknown,
      };
      asked.push(one);
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answer(one)));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, lambdaVariables, { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
  return {
    asked,
    async stop(): Promise<void> {
      process.env = before;
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
