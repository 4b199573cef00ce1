import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * `npm run dev`: `npm start`, started anew when a file of the product changes. It imports nothing of the product,
 * so that a broken file there cannot end it: the next change starts a server that crashed again. Exit codes: the
 * server's, if that was told to stop or ends by itself with 0 (it showed its help) or 2 (wrong arguments).
 */
const root = resolve(import.meta.dirname, '..');
const folders = ['bin', 'client', 'console', 'functions', 'lib'];
const lookMs = 300;
/** A checkout that is still under way after so many looks is started from as it is. */
const unsettledLooksMax = 100;
/** A server that still runs so long after SIGTERM is killed; what it acknowledged is on disk. */
const stopMsMax = 30_000;

let server: ChildProcess | undefined;
let isTold = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    isTold = true;
    if (server === undefined) process.exit(0);
    server.kill(signal);
  });

for (let files = look(); ; files = await settled()) {
  const child = spawn(
    process.execPath,
    [...process.execArgv, join(root, 'bin/local.ts'), ...process.argv.slice(2)],
    { stdio: 'inherit' },
  );
  const ended = once(child, 'exit');
  server = child;
  let isReplaced = false;
  child.on('exit', (code) => {
    server = undefined;
    if (isTold || (!isReplaced && (code === 0 || code === 2))) process.exit(code ?? 1);
    if (!isReplaced) say(`npm start ended with exit code ${code ?? 'none'}; the next change starts it again`);
  });
  while (look() === files) await sleep(lookMs);
  isReplaced = true;
  if (child.exitCode !== null || child.signalCode !== null) continue;
  say('a file has changed: starting again');
  child.kill('SIGTERM');
  const deadline = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
  await ended;
  clearTimeout(deadline);
}

/** The files as they are once a checkout or an editor is through with them. */
async function settled(): Promise<string> {
  let files = look();
  for (let looks = 0; looks < unsettledLooksMax; looks += 1) {
    await sleep(lookMs);
    const now = look();
    if (now === files) break;
    files = now;
  }
  return files;
}

/** Names, sizes and times of all files of the product. */
function look(): string {
  return folders.map((folder) => describe(join(root, folder))).join('');
}

function describe(path: string): string {
  try {
    const facts = statSync(path);
    if (!facts.isDirectory()) return `${path} ${facts.size} ${facts.mtimeMs}\n`;
    const names = readdirSync(path).filter((name) => !name.startsWith('.') && name !== 'node_modules');
    return names.map((name) => describe(join(path, name))).join('');
  } catch (error) {
    // Gone since its folder was read, or a folder that this version does not have.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return '';
  }
}

function say(text: string): void {
  process.stderr.write(`npm run dev: ${text}\n`);
}
