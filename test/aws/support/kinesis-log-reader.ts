import type { LogHistory } from '../../../lib/ports/log-history.ts';
import type { LogReader } from '../../../lib/ports/log-reader.ts';

/**
 * A stream's history as the contract reads it. On AWS, event source mappings deliver, and tell nobody of
 * their checkpoints.
 */
export function asLogReader(history: LogHistory): LogReader {
  const checkpoints = (): Promise<never> =>
    Promise.reject(new Error('event source mappings keep their checkpoints to themselves'));
  return {
    stream: history.stream,
    epoch: history.epoch,
    shards: () => history.shards(),
    read: (...args) => history.read(...args),
    onAppend() {
      throw new Error('Kinesis tells nobody of an append');
    },
    readCheckpoint: checkpoints,
    writeCheckpoint: checkpoints,
  };
}
