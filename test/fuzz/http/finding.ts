import type { FuzzRequest } from './draft.ts';

/** What was found, and the bytes that were sent, for whoever wants to see it again. */
export class Finding extends Error {
  override readonly name = 'Finding';
  readonly request: FuzzRequest | undefined;
  readonly bytes: Buffer;

  constructor(message: string, bytes: Buffer, request?: FuzzRequest) {
    super(message);
    this.bytes = bytes;
    this.request = request;
  }
}
