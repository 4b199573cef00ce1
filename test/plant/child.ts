import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface ChildRun {
  /** Arguments of Node. */
  readonly args: readonly string[];
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A child that prints no line for so long is ended. */
  readonly silenceMaxMs: number;
  /** Called for each line of the standard output. False: the rest is not needed, and the child is ended. */
  readonly onLine: (line: string) => boolean;
}

export interface ChildEnd {
  /** null: it was ended, by us or by a signal. */
  readonly exitCode: number | null;
  readonly wasSilent: boolean;
  /** The end of its standard error. */
  readonly complaints: string;
}

const complaintsMax = 4000;

/** The process groups that run, to end them when the command is interrupted. */
const running = new Set<number>();

/** Runs Node in a process group of its own, so that what the child starts ends with it. */
export async function runChild(run: ChildRun): Promise<ChildEnd> {
  const { args, folder, environment = {}, silenceMaxMs, onLine } = run;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const { pid } = child;
  if (pid !== undefined) running.add(pid);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-complaintsMax);
  });
  const ended = { bySilence: false, byCaller: false };
  const silence = setTimeout(() => {
    ended.bySilence = true;
    endGroup(pid);
  }, silenceMaxMs);
  for await (const line of createInterface({ input: child.stdout })) {
    silence.refresh();
    if (ended.byCaller || onLine(line)) continue;
    ended.byCaller = true;
    endGroup(pid);
  }
  const exitCode = await exited;
  clearTimeout(silence);
  if (pid !== undefined) running.delete(pid);
  const wasEnded = ended.byCaller || ended.bySilence;
  return { exitCode: wasEnded ? null : exitCode, wasSilent: ended.bySilence, complaints };
}

export function endChildren(): void {
  for (const pid of running) endGroup(pid);
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
