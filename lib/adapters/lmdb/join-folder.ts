import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, realpathSync, statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';

/** The folder cannot be opened now: too many processes have it open, or one of them does not answer. */
export class FolderBusyError extends Error {
  override readonly name = 'FolderBusyError';
}

/** What has a folder open. */
interface Member {
  /** Resolves once no commit is under way; none begins until the returned function is called. */
  hold(): Promise<() => void>;
  close(): Promise<void>;
}

/** Processes that have one folder open: npm start, and commands of operators. */
const membersMax = 8;

/** Another process opens the folder for a few milliseconds, a busy machine granted. */
const waitMaxMs = 15_000;
const pauseMs = 20;

/** Longer than any opening: whoever asked for it hangs, and writing goes on. */
const holdMaxMs = 30_000;

/**
 * Opens a folder beside other processes that may have it open. While LMDB opens an environment (mdb_env_open2 in lmdb
 * 3.5.6), it sets the number of the last transaction, which all processes share, to what it read a moment before: a
 * commit in between would be lost, although it was acknowledged. So one process opens at a time, and all others make no
 * commit meanwhile; what they are asked to write waits. Rejects with a FolderBusyError, or as `open` throws.
 */
export async function joinFolder<T extends Member>(
  folder: string,
  clock: Pick<Clock, 'monotonicMs' | 'sleep'>,
  open: () => T,
): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const nameOf = socketNames(folder);
  const untilMs = clock.monotonicMs() + waitMaxMs;
  let opening = await listen(nameOf('opening'), refuse);
  while (opening === undefined) {
    if (clock.monotonicMs() > untilMs)
      throw new FolderBusyError(`another process has been opening ${folder}`);
    await clock.sleep(pauseMs);
    opening = await listen(nameOf('opening'), refuse);
  }
  const held: Socket[] = [];
  try {
    let free: string | undefined;
    for (let index = 0; index < membersMax; index += 1) {
      const name = nameOf(`member-${index}`);
      const socket = await holdMember(name, folder, clock);
      if (socket === undefined) free ??= name;
      else held.push(socket);
    }
    if (free === undefined) throw new FolderBusyError(`${membersMax} processes have ${folder} open`);
    const member = open();
    const server = await listen(free, (socket) => void beHeld(member, socket));
    if (server === undefined) {
      await member.close();
      throw new FolderBusyError(`a place at ${folder} was taken by a process that did not ask`);
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

/** Lets whoever connects open the folder, for as long as it stays connected. */
async function beHeld(member: Member, socket: Socket): Promise<void> {
  // A commit may wait for the end of this with nothing else to keep the process alive.
  socket.ref().setTimeout(holdMaxMs, () => socket.destroy());
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const release = await member.hold();
  socket.write('held');
  await closed;
  release();
}

/** undefined: nobody has this place. Else the other makes no commit until the socket is destroyed. */
async function holdMember(
  name: string,
  folder: string,
  clock: Pick<Clock, 'monotonicMs' | 'sleep'>,
): Promise<Socket | undefined> {
  const untilMs = clock.monotonicMs() + waitMaxMs;
  for (let leftMs = waitMaxMs; leftMs > 0; leftMs = untilMs - clock.monotonicMs()) {
    const socket = connect(name);
    try {
      await once(socket, 'connect');
    } catch {
      // Nobody listens: whatever else it may be, nobody could answer either.
      socket.destroy();
      return undefined;
    }
    if (await isHeld(socket, leftMs)) return socket;
    // It closed the folder or ended before it could answer: it has nothing to commit any more, but whoever comes after it may.
    await clock.sleep(pauseMs);
  }
  throw new FolderBusyError(`a process that has ${folder} open does not answer`);
}

/** false: the other end is gone, or has said nothing for so long. */
function isHeld(socket: Socket, waitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    socket.setTimeout(waitMs, () => socket.destroy());
    // Should it end once it is held, it has nothing to commit any more.
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

/** undefined: the name is taken. */
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
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

/**
 * The kernel drops the names of a process with it, on Linux (abstract sockets) and Windows (pipes); elsewhere a file is
 * left behind by a killed one. Names are made of the folder's identity: a link leads to the same.
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
    // There is none; if it is there for another reason, listening says so.
  }
}
