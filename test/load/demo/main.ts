import { rm } from 'node:fs/promises';
import { makeDataFolder } from '../../../lib/adapters/lmdb/data-folder.ts';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { lockDataFolder } from '../../../lib/embedded/data-folder-lock.ts';
import { commandLine, runCommand } from '../../../lib/options.ts';
import { startServer } from '../../support/server-process.ts';
import { runDemo } from './demo.ts';
import { demoFolder, demoUsage, readDemoOptions, type DemoOptions } from './options.ts';
import { createProgress } from '../../../lib/bulk/progress.ts';
import { demoReport } from './report.ts';

/**
 * `npm run demo`: a real client against a fresh pipeline in its own process, or with `--delivery` a day of goals. Exit
 * codes: 0 everything acknowledged was counted once and no goal was passed, 1 it was not or the demo failed, 2 wrong
 * arguments, 130 and 143 interrupted under load.
 */
await runCommand({
  name: 'demo',
  usage: demoUsage,
  read: readDemoOptions,
  run: async (options) => {
    try {
      return await run(options);
    } catch (error) {
      process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
      return 1;
    }
  },
});

async function run(options: DemoOptions): Promise<number> {
  const write = (text: string): void => {
    process.stdout.write(text);
  };
  if (options.delivery) {
    // It needs what the other demo does not: the functions, and a network in virtual time.
    const { runDeliveryDemo } = await import('./delivery.ts');
    return runDeliveryDemo(options, write);
  }
  const folder = await freshFolder(options.data);
  const server = await startServer(folder, ['--port', String(options.port)]);
  const abandon = (exitCode: number): void => void server.kill().then(() => process.exit(exitCode));
  const interrupted = new AbortController();
  let loaded = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      if (loaded) interrupted.abort();
      else abandon(signal === 'SIGINT' ? 130 : 143);
    });
  }
  // The reader of the report has gone (`npm run demo | head`); the pipeline must not stay behind alone.
  process.stdout.on('error', () => {
    abandon(1);
  });
  try {
    write(
      `A fresh pipeline runs on ${server.url.href} (pid ${server.pid}), its data is in ${folder}\n` +
        `Watch it: ${new URL('/console', server.url).href}\n\n`,
    );
    const progress = createProgress({ clock: systemClock, write, terminal: process.stdout.isTTY });
    const result = await runDemo(server.url, options, progress);
    loaded = true;
    write(`\n${demoReport(result)}\n`);
    if (options.keep) {
      write(
        `It stays up on ${server.url.href} until Ctrl-C; its console: ${new URL('/console', server.url).href}\n`,
      );
      await Promise.race([server.exited, aborted(interrupted.signal)]);
      if (!server.alive) throw new Error(`the pipeline ended: ${server.output.trim()}`);
    }
    write(`Look at the data: ${commandLine('start')} --data ${folder}\n`);
    return result.exact ? 0 : 1;
  } finally {
    await server.stop();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

/** The demo's own folder is emptied, unless another process uses it; any other is empty, as the options require. */
async function freshFolder(given: string | undefined): Promise<string> {
  if (given === undefined) {
    const lock = await lockDataFolder(demoFolder, systemClock);
    await rm(demoFolder, { recursive: true });
    await lock.release();
    return demoFolder;
  }
  return makeDataFolder(given);
}
