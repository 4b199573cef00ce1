import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface FaultyProxyOptions {
  /** What the server gets instead of the bytes of a client. */
  readonly toServer?: (bytes: string) => string;
  /** What a client gets instead of the bytes of the server; undefined: the connection is closed. */
  readonly toClient?: (bytes: string) => string | undefined;
}

export interface FaultyProxy {
  readonly url: URL;
  close(): Promise<void>;
}

/**
 * Stands between client and server and changes what passes, in texts of latin1: proof that somebody would
 * notice.
 */
export async function openFaultyProxy(
  server: URL,
  { toServer = same, toClient = same }: FaultyProxyOptions,
): Promise<FaultyProxy> {
  const open = new Set<Socket>();
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const target = connect({ host: server.hostname, port: Number(server.port), allowHalfOpen: true });
    for (const socket of [client, target]) {
      open.add(socket);
      socket.on('error', () => {
        client.destroy();
        target.destroy();
      });
      socket.on('close', () => open.delete(socket));
    }
    client.on('data', (bytes) => target.write(Buffer.from(toServer(bytes.toString('latin1')), 'latin1')));
    client.on('end', () => target.end());
    target.on('data', (bytes) => {
      const changed = toClient(bytes.toString('latin1'));
      if (changed === undefined) client.destroy();
      else client.write(Buffer.from(changed, 'latin1'));
    });
    target.on('end', () => client.end());
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    url: new URL(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`),
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

function same(bytes: string): string {
  return bytes;
}
