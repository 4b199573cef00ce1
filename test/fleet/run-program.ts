import { execFile } from 'node:child_process';

/** Runs a program of this repository in a process of its own, because time there is virtual. */
export function runProgram(
  main: string,
  ...args: readonly string[]
): Promise<{ readonly exitCode: number; readonly stdout: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', main, ...args],
      { maxBuffer: 2 ** 26 },
      (error, stdout) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code), stdout });
      },
    );
  });
}
