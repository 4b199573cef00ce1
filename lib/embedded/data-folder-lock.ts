import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { constants, type BigIntStats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { makeDataFolder } from '../adapters/lmdb/data-folder.ts';
import type { Clock } from '../ports/clock.ts';

export interface DataFolderLock {
  /** The folder, with every symbolic link resolved. */
  readonly folder: string;
  release(): Promise<void>;
}

/** `data-folder-in-use`: another process runs on this folder. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError';
  readonly code = 'data-folder-in-use';
  readonly folder: string;
  /** undefined: the holder did not say. */
  readonly pid: number | undefined;

  constructor(folder: string, pid: number | undefined) {
    const holder = pid === undefined ? 'another process' : `the process with pid ${pid}`;
    super(`the data folder ${folder} is in use by ${holder}; stop it or choose another folder`);
    this.folder = folder;
    this.pid = pid;
  }
}

/**
 * Creates the folder if needed and locks it for this process. The kernel holds the lock and releases it when
 * the process ends, in any way, so a lock is never stale. Rejects with a DataFolderInUseError or a
 * DataFolderUnusableError.
 */
export async function lockDataFolder(folder: string, clock: Pick<Clock, 'sleep'>): Promise<DataFolderLock> {
  const resolved = makeDataFolder(folder);
  // macOS and the BSDs cannot lock by name; they lock a file as they open it.
  if (exclusiveOpenFlags !== undefined) return lockByFile(resolved, exclusiveOpenFlags);
  return lockByName(resolved, lockName(await stat(resolved, { bigint: true })), clock);
}

/**
 * A name that the kernel gives to one listener at a time: an abstract socket on Linux, a named pipe on
 * Windows. It is made from the folder's identity and not from its path, so that a bind mount or a link leads
 * to the same name. Abstract names belong to a network namespace: two containers that share a folder do not
 * see each other.
 */
function lockName(folder: BigIntStats): string {
  const identity = createHash('sha256').update(`${folder.dev}:${folder.ino}`).digest('hex').slice(0, 32);
  return process.platform === 'win32' ? `\\\\.\\pipe\\adtally-${identity}` : `\0adtally-${identity}`;
}

/** A killed process may hold its name for a moment longer. */
const silentTriesMax = 8;
const silentPauseMs = 50;

async function lockByName(
  folder: string,
  name: string,
  clock: Pick<Clock, 'sleep'>,
): Promise<DataFolderLock> {
  for (let tries = 1; ; tries += 1) {
    const server = await listen(name);
    if (server !== undefined) {
      return {
        folder,
        async release() {
          server.close();
          await once(server, 'close');
        },
      };
    }
    const pid = await askHolder(name);
    if (pid !== undefined || tries === silentTriesMax) throw new DataFolderInUseError(folder, pid);
    await clock.sleep(silentPauseMs);
  }
}

/** undefined: the name is taken. */
async function listen(name: string): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.unref().end(String(process.pid));
  });
  server.unref();
  server.listen(name);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (isErrorWithCode(error, 'EADDRINUSE')) return undefined;
    throw error;
  }
}

const answerTimeoutMs = 250;

/** The holder's pid; undefined: it is gone, too busy or stopped. */
async function askHolder(name: string): Promise<number | undefined> {
  const socket = connect(name);
  socket.setTimeout(answerTimeoutMs, () => socket.destroy(new Error('no answer')));
  try {
    const answer = await text(socket);
    return /^\d+$/.test(answer) ? Number(answer) : undefined;
  } catch {
    // The name was taken a moment ago: the caller tries again, then gives up.
    return undefined;
  } finally {
    socket.destroy();
  }
}

/** <fcntl.h> of macOS and the BSDs; Node passes the flags on as they are. */
const openExclusiveLock = 0x20;
const openNonBlocking = 0x4;
const exclusiveOpenFlags = ['darwin', 'freebsd', 'openbsd', 'netbsd'].includes(process.platform)
  ? constants.O_RDWR | constants.O_CREAT | openExclusiveLock | openNonBlocking
  : undefined;

async function lockByFile(folder: string, flags: number): Promise<DataFolderLock> {
  const path = join(folder, 'lock');
  try {
    const file = await open(path, flags);
    await file.truncate();
    await file.writeFile(String(process.pid));
    return { folder, release: () => file.close() };
  } catch (error) {
    if (!isErrorWithCode(error, 'EAGAIN')) throw error;
    const holder = await open(path, constants.O_RDONLY);
    const pid = Number.parseInt(await holder.readFile('utf8'), 10);
    await holder.close();
    throw new DataFolderInUseError(folder, Number.isNaN(pid) ? undefined : pid);
  }
}

function isErrorWithCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
