import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../support/run-command.ts';
import { ServerProcess } from '../../support/server-process.ts';
import type { Endpoint } from '../workload/open-client.ts';

export interface GuardedServer extends Endpoint {
  readonly token: string;
  close(): Promise<void>;
}

/**
 * `npm start` on a fresh folder that requires a token, and one token of every scope. The limit of calls is
 * raised beyond what one machine can send: a tool that is refused measures the limit.
 */
export async function startGuardedServer(): Promise<GuardedServer> {
  const folder = await mkdtemp(join(tmpdir(), 'adtally-guarded-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true });
  let server: ServerProcess | undefined;
  try {
    const named = ['--name', 'load', '--scopes', 'admin'];
    const { lines } = await operate('tokens', ['create', ...named, '--data', folder, '--json']);
    await operate('control', ['set', 'rate=1000000:1000000', '--data', folder]);
    server = new ServerProcess({ folder, args: ['--tokens'] });
    const running = server;
    return {
      url: await server.ready,
      token: String(lines[0]?.['token']),
      close: async () => {
        await running.stop();
        await remove();
      },
    };
  } catch (error) {
    await server?.kill();
    await remove();
    throw error;
  }
}

async function operate(name: string, args: readonly string[]): ReturnType<typeof runCommand> {
  const answer = await runCommand(name, args);
  if (answer.code === 0) return answer;
  throw new Error(`npm run ${name} ended with ${answer.code}: ${answer.stderr}`);
}
