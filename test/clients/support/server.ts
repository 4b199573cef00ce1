import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '../../support/server-process.ts';
import { runToSuccess } from './run-command.ts';

export interface ServerForClients {
  readonly url: string;
  /** With every scope; undefined: the server is open. */
  readonly token: string | undefined;
  /** The folder's own, gone with `stop`. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** `npm start` on a folder of its own: open, or with one token that covers everything. */
export async function startServer(mode: 'open' | 'guarded'): Promise<ServerForClients> {
  const folder = mkdtempSync(join(tmpdir(), 'adtally-clients-'));
  const data = join(folder, 'data');
  const token = mode === 'guarded' ? await createToken(data) : undefined;
  const server = new ServerProcess({ folder: data, args: mode === 'guarded' ? ['--tokens'] : [] });
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { origin } = await server.ready;
    return { url: origin, token, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function createToken(data: string): Promise<string> {
  const create = ['bin/tokens.ts', 'create', '--name', 'clients', '--scopes', 'admin', '--data', data];
  const output = await runToSuccess(process.execPath, [...create, '--json']);
  const { token } = JSON.parse(output) as { readonly token: string };
  return token;
}
