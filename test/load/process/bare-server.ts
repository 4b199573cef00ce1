import { createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * The least that a Node server can do: it finds the end of a request and answers with prepared bytes, as long
 * as a page of ads. No server on this machine can give a generator more than this one.
 */
const body = 'x'.repeat(1700);
const answerTo = (status: string, text: string): Buffer =>
  Buffer.from(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
const ok = answerTo('200 OK', body);
const accepted = answerTo('202 Accepted', '{"status":"accepted"}');
const contentLength = /\r\ncontent-length: *(\d+)/i;

function serve(socket: Socket): void {
  let bodyBytesLeft = 0;
  let answer = ok;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  // Its clients send a head in one piece, and nothing more until they have the answer.
  socket.on('data', (chunk: Buffer) => {
    if (bodyBytesLeft > 0) bodyBytesLeft -= chunk.length;
    else if (chunk[0] === 0x47) answer = ok;
    else {
      const end = chunk.indexOf('\r\n\r\n', 0, 'latin1');
      const length = Number(contentLength.exec(chunk.toString('latin1', 0, end))?.[1] ?? 0);
      bodyBytesLeft = length - (chunk.length - end - 4);
      answer = accepted;
    }
    if (bodyBytesLeft === 0) socket.write(answer);
  });
}

const server = createServer(serve);
server.listen({ host: '127.0.0.1', port: 0 }, () => {
  process.stdout.write(`ready on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
