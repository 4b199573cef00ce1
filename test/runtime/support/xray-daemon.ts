import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface XrayDaemon {
  /** The value of AWS_XRAY_DAEMON_ADDRESS. */
  readonly address: string;
  /** The segment documents received, each after the daemon's header line. */
  readonly documents: readonly Readonly<Record<string, unknown>>[];
  close(): void;
}

/** Lambda's X-Ray daemon, as far as a function sees it: datagrams of a header line and a document. */
export async function startXrayDaemon(): Promise<XrayDaemon> {
  const documents: Record<string, unknown>[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (datagram) => {
    const [header, document = ''] = datagram.toString('utf8').split('\n');
    if (header !== '{"format":"json","version":1}') throw new Error(`an unknown header: ${header ?? ''}`);
    documents.push(JSON.parse(document) as Record<string, unknown>);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    documents,
    close() {
      socket.close();
    },
  };
}
