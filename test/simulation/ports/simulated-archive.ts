import { ArchiveError, type LogArchive } from '../../../lib/ports/log-archive.ts';
import { StoredBookError, type StoredBook } from '../../../lib/ports/stored-book.ts';
import { deathFate } from './death.ts';
import { done, lateness, portCall, type Fate, type PortWorld } from './port-call.ts';

/** The archive as one container sees it: over a network, with answers that are lost and writes that come late. */
export function simulateArchive(world: PortWorld, inner: LogArchive): LogArchive {
  const error = (): Error => new ArchiveError('a fault');
  return {
    ...{ stream: inner.stream, epoch: inner.epoch },
    shardIds: () => portCall(world, 'archived shards', readFate(world, error), () => inner.shardIds()),
    parts: (shardId, page) =>
      portCall(world, `parts of ${shardId}`, readFate(world, error), () => inner.parts(shardId, page)),
    read: (part) =>
      portCall(world, `read a part of ${part.shardId}`, readFate(world, error), () => inner.read(part)),
    write: (part, bytes) =>
      portCall(world, `write a part of ${part.shardId}`, writeFate(world, error), () =>
        inner.write(part, bytes),
      ),
  };
}

export function simulateBook(world: PortWorld, inner: StoredBook): StoredBook {
  const error = (): Error => new StoredBookError('a fault');
  return {
    name: inner.name,
    read: () => portCall(world, `read ${inner.name}`, readFate(world, error), () => inner.read()),
    write: (bytes, version) =>
      portCall(world, `write ${inner.name}`, writeFate(world, error), () => inner.write(bytes, version)),
  };
}

function readFate(world: PortWorld, error: () => Error): Fate {
  return deathFate(world) ?? (world.faults.strikes('state-server-error') ? { type: 'refused', error } : done);
}

function writeFate(world: PortWorld, error: () => Error): Fate {
  const fate = readFate(world, error);
  if (fate.type !== 'done') return fate;
  const { faults } = world;
  if (faults.strikes('write-answer-lost')) return { type: 'unanswered', error, lateMs: 0 };
  if (!faults.strikes('write-late')) return done;
  return { type: 'unanswered', error, lateMs: lateness(faults.prng('write-late')) };
}
