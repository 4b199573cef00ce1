import { decodeAdEvent } from '../app/ads/ad-event-codec.ts';
import { readRecord } from '../app/counters/read-record.ts';
import { readFailureFile } from '../app/quarantine/failure-file.ts';
import { readSkipState } from '../app/quarantine/skip-state.ts';
import type { LogRecord } from '../ports/log-reader.ts';
import { quarantineKey, type QuarantineId } from '../ports/quarantine.ts';
import type { StreamName } from '../core/streams.ts';
import { safeText } from '../core/safe-text.ts';
import type { OperatorStage } from './operator-stage.ts';
import { exitCodes, type ExitCode, type Write } from './stage-command.ts';

/** Shows the content of a record. No other output does, because keys and ads are user data. */
export async function showRecord(
  stage: OperatorStage,
  id: QuarantineId,
  json: boolean,
  write: Write,
): Promise<ExitCode> {
  const state = await readSkipState(stage, id);
  const record = await stage.quarantine.get(id);
  if (record === undefined) {
    write(
      state === undefined
        ? `${quarantineKey(id)}: no such record\n`
        : `${quarantineKey(id)}: ${state}; its content is missing\n`,
    );
    return exitCodes.found;
  }
  const facts = {
    id: quarantineKey(id),
    state: state ?? 'unfinished',
    reason: record.reason,
    arrived_at: new Date(record.arrivedAtMs).toISOString(),
    quarantined_at: new Date(record.quarantinedAtMs).toISOString(),
    ...contentOf(id.stream, record),
  };
  write(json ? `${JSON.stringify(facts)}\n` : textOf(facts));
  return exitCodes.done;
}

/** The most records of a file to show; the rest are counted. */
const recordsShownMax = 100;

export async function showFile(
  stage: OperatorStage,
  key: string,
  json: boolean,
  write: Write,
): Promise<ExitCode> {
  const text = await stage.failureFiles?.read(key);
  const content = text === undefined ? undefined : readFailureFile(text);
  if (content === undefined) {
    write(`${key}: ${text === undefined ? 'no such file' : 'not a file of a mapping'}\n`);
    return exitCodes.found;
  }
  const { reason, batch } = content;
  const { stream, epoch, shardId, records } = batch;
  for (const record of records.slice(0, recordsShownMax)) {
    const id = quarantineKey({ stream, epoch, shardId, sequenceNumber: record.sequenceNumber });
    const facts = { id, reason, ...contentOf(stream, record) };
    write(json ? `${JSON.stringify(facts)}\n` : `${textOf(facts)}\n`);
  }
  if (!json && records.length > recordsShownMax) write(`and ${records.length - recordsShownMax} more\n`);
  return exitCodes.done;
}

/** The event if the record decodes, otherwise the reason and the bytes. */
function contentOf(stream: StreamName, record: LogRecord): Record<string, unknown> {
  const { partitionKey, data } = record;
  const common = { partition_key: partitionKey, bytes: data.byteLength };
  const hex = Buffer.from(data).toString('hex');
  if (stream === 'increments') {
    const event = readRecord({ partitionKey, data });
    return event.type === 'poison' ? { ...common, unreadable: event.reason, hex } : { ...common, event };
  }
  const decoded = decodeAdEvent(data);
  return decoded.status === 'ok'
    ? { ...common, event: decoded.event }
    : { ...common, unreadable: decoded.reason, hex };
}

const valueCharactersMax = 100_000;

function textOf(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts)
    .map(([name, value]) => {
      const text = typeof value === 'string' ? safeText(value, valueCharactersMax) : JSON.stringify(value);
      return `${name.padEnd(15)}${text}\n`;
    })
    .join('');
}
