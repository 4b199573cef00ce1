import type { Books } from '../clients/actor.ts';
import { NotStartedError, type ServerProcess } from '../process/server-process.ts';

/** While another one has the folder a process must end by itself, with code 1, and say why. */
export async function expectRefused(
  { findings }: Pick<Books, 'findings'>,
  server: ServerProcess,
): Promise<void> {
  try {
    await server.ready;
    findings.add('process', 'two processes serve one folder');
    await server.kill();
  } catch (error) {
    if (!(error instanceof NotStartedError)) throw error;
    const { exit, message } = error;
    if (exit.code !== 1 || !/is in use by/.test(message)) {
      findings.add('process', `a second process on one folder: ${message}`);
    }
  }
}
