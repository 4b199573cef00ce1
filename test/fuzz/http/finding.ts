import type { FuzzRequest } from './draft.ts';

/** A finding, with the bytes that were sent, so that it can be reproduced. */
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
