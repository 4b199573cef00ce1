import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpathSync, statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import { makeDataFolder } from './data-folder.ts';

/** `data-folder-busy`: too many processes have the folder open, or one of them does not answer. */
export class FolderBusyError extends Error {
  override readonly name = 'FolderBusyError';
  readonly code = 'data-folder-busy';
}

/** A process that has a folder open. */
interface Member {
  /** Resolves once no commit is under way; none begins until the returned function is called. */
  hold(): Promise<() => void>;
  close(): Promise<void>;
}

/** The most processes that open one folder: npm start and operator commands. */
const membersMax = 8;

/**
 * How long to wait for another process that opens the folder, which takes milliseconds on an idle machine.
 */
const waitMaxMs = 15_000;
const pauseMs = 20;

/**
 * After this the process that asked is considered hung, and writing continues. Longer than `waitMaxMs`, which is
 * how long that process may wait for all the others, and the opening.
 */
const holdMaxMs = 30_000;

/**
 * Opens a folder that other processes may have open. While LMDB opens an environment (mdb_env_open2 in lmdb
 * 3.5.6), it sets the shared number of the last transaction to the value that it read a moment before. An
 * acknowledged commit in between would be lost. So only one process opens at a time, and the others do not
 * commit meanwhile; their writes wait. Rejects with a FolderBusyError, or as `open` throws.
 */
export async function joinFolder<T extends Member>(
  folder: string,
  clock: Pick<Clock, 'monotonicMs' | 'sleep'>,
  open: () => T,
): Promise<T> {
  makeDataFolder(folder);
  const nameOf = socketNames(folder);
  const untilMs = clock.monotonicMs() + waitMaxMs;
  let opening = await listen(nameOf('opening'), refuse);
  while (opening === undefined) {
    if (clock.monotonicMs() > untilMs)
      throw new FolderBusyError(`another process is still opening ${folder}; try again, or stop it`);
    await clock.sleep(pauseMs);
    opening = await listen(nameOf('opening'), refuse);
  }
  const held: Socket[] = [];
  try {
    // One limit for all: the first member is held until the last one answers.
    const answeredByMs = clock.monotonicMs() + waitMaxMs;
    let free: string | undefined;
    for (let index = 0; index < membersMax; index += 1) {
      const name = nameOf(`member-${index}`);
      const socket = await holdMember(name, folder, clock, answeredByMs);
      if (socket === undefined) free ??= name;
      else held.push(socket);
    }
    if (free === undefined)
      throw new FolderBusyError(`${membersMax} processes have ${folder} open; stop one of them`);
    const member = open();
    const server = await listen(free, (socket) => void beHeld(member, socket));
    if (server === undefined) {
      await member.close();
      throw new FolderBusyError(`another process opened ${folder} without this protocol; stop it`);
    }
    const close = member.close.bind(member);
    return Object.assign(member, {
      async close(): Promise<void> {
        await close();
        server.close();
      },
    });
  } finally {
    for (const socket of held) socket.destroy();
    opening.close();
    await once(opening, 'close');
  }
}

/** Lets a connected process open the folder: this process does not commit while it is connected. */
async function beHeld(member: Member, socket: Socket): Promise<void> {
  // Keeps the process alive, because a commit may wait for the end of this.
  socket.ref().setTimeout(holdMaxMs, () => socket.destroy());
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const release = await member.hold();
  socket.write('held');
  await closed;
  release();
}

/**
 * Connects to a member; it does not commit until the socket is destroyed. undefined: there is none. Rejects with
 * a FolderBusyError if it has not answered by `untilMs`.
 */
async function holdMember(
  name: string,
  folder: string,
  clock: Pick<Clock, 'monotonicMs' | 'sleep'>,
  untilMs: number,
): Promise<Socket | undefined> {
  for (;;) {
    const socket = connect(name);
    try {
      await once(socket, 'connect');
    } catch {
      // No process listens, so none could answer.
      socket.destroy();
      return undefined;
    }
    const leftMs = untilMs - clock.monotonicMs();
    if (leftMs <= 0) {
      socket.destroy();
      throw new FolderBusyError(`a process that has ${folder} open does not answer; stop it, or try again`);
    }
    if (await isHeld(socket, leftMs)) return socket;
    // It closed the folder or ended before it answered. It commits nothing more, but its successor may.
    await clock.sleep(pauseMs);
  }
}

/** false: the other end is gone, or did not answer in time. */
function isHeld(socket: Socket, waitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    socket.setTimeout(waitMs, () => socket.destroy());
    // If it ends while it is paused, it commits nothing more.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      resolve(false);
    });
    socket.once('data', () => {
      socket.setTimeout(0);
      resolve(true);
    });
  });
}

function refuse(socket: Socket): void {
  socket.destroy();
}

/** undefined: the name is in use. */
async function listen(name: string, onConnection: (socket: Socket) => void): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    onConnection(socket.unref());
  });
  server.unref();
  if (isPath(name) && !(await isAnswered(name))) removeStale(name);
  server.listen(name);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (isInUse(error)) return undefined;
    throw error;
  }
}

function isInUse(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EADDRINUSE';
}

/**
 * On Linux (abstract sockets) and Windows (pipes) the kernel removes the names of a process when it ends;
 * elsewhere a killed process leaves a file. Names come from the folder's identity, so links to a folder share
 * its names.
 */
function socketNames(folder: string): (part: string) => string {
  const { dev, ino } = statSync(realpathSync(folder), { bigint: true });
  const identity = createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32);
  return (part) => {
    if (process.platform === 'linux') return `\0adtally-${identity}-${part}`;
    if (process.platform === 'win32') return `\\\\.\\pipe\\adtally-${identity}-${part}`;
    return join(tmpdir(), `adtally-${identity.slice(0, 16)}-${part}`);
  };
}

function isPath(name: string): boolean {
  return process.platform !== 'linux' && process.platform !== 'win32' && name.startsWith('/');
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function removeStale(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The file does not exist. If it cannot be removed, listening fails with the reason.
  }
}
