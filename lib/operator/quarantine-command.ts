import { readSkipState } from '../app/quarantine/skip-state.ts';
import { safeText } from '../core/safe-text.ts';
import { quarantineKey, type QuarantinedRecord } from '../ports/quarantine.ts';
import { endFiles, endRecord, endRecords } from './end-quarantined.ts';
import { followedSettings } from './followed-settings.ts';
import {
  parseQuarantineArguments,
  quarantineHelp,
  type QuarantineOptions,
  type QuarantineVerb,
} from './quarantine-options.ts';
import { showFile, showRecord } from './show-quarantined.ts';
import type { OperatorStage } from './operator-stage.ts';
import { exitCodes, type ExitCode, type StageCommand, type Write } from './stage-command.ts';

export const quarantineCommand: StageCommand<QuarantineOptions> = {
  name: 'quarantine',
  help: quarantineHelp,
  parse: parseQuarantineArguments,
  async run(stage, options, write) {
    const { verb, json } = options;
    switch (verb.type) {
      case 'list':
        return verb.files ? listFiles(stage, verb, json, write) : listRecords(stage, verb, json, write);
      case 'show':
        return verb.which.type === 'file'
          ? showFile(stage, verb.which.key, json, write)
          : showRecord(stage, verb.which.id, json, write);
      case 'redrive':
      case 'drop':
        return end(await followedSettings(stage), options, verb, write);
    }
  },
};

async function end(
  stage: OperatorStage,
  options: QuarantineOptions,
  { type, which }: Extract<QuarantineVerb, { type: 'redrive' | 'drop' }>,
  write: Write,
): Promise<ExitCode> {
  const how = { ...options, drop: type === 'drop', write };
  if (which.type === 'record') return endRecord(stage, which.id, how);
  if (which.type === 'file') return endFiles(stage, { only: which.key, max: 1 }, how);
  return which.files ? endFiles(stage, { max: which.max }, how) : endRecords(stage, which.max, how);
}

type ListVerb = Extract<QuarantineVerb, { type: 'list' }>;

const keyCharactersMax = 60;

async function listRecords(
  stage: OperatorStage,
  { limit, after }: ListVerb,
  json: boolean,
  write: Write,
): Promise<ExitCode> {
  const page = { limit, ...(after !== undefined && { after }) };
  const { records, unreadable, last, more } = await stage.quarantine.list(page);
  const nowMs = stage.clock.nowMs();
  for (const record of records) {
    const state = (await readSkipState(stage, record)) ?? 'unfinished';
    write(json ? `${JSON.stringify(factsOf(record, state))}\n` : lineOf(record, state, nowMs));
  }
  for (const id of unreadable)
    write(json ? `${JSON.stringify({ id, state: 'unreadable' })}\n` : `${id}  unreadable\n`);
  if (json) return exitCodes.done;
  if (last === undefined) write('nothing\n');
  if (more && last !== undefined) write(`more: --after ${last}\n`);
  return exitCodes.done;
}

function factsOf(record: QuarantinedRecord, state: string): Record<string, unknown> {
  const { reason, partitionKey, data, arrivedAtMs, quarantinedAtMs } = record;
  return {
    id: quarantineKey(record),
    state,
    reason,
    bytes: data.byteLength,
    partition_key: partitionKey,
    arrived_at: new Date(arrivedAtMs).toISOString(),
    quarantined_at: new Date(quarantinedAtMs).toISOString(),
  };
}

/** `unfinished`: an attempt stored it and did not finish; its consumer still has it. */
function lineOf(record: QuarantinedRecord, state: string, nowMs: number): string {
  const age = ageText(nowMs - record.quarantinedAtMs);
  const { reason, partitionKey, data } = record;
  const key = safeText(partitionKey, keyCharactersMax);
  return `${quarantineKey(record)}  ${state}  ${age}  ${data.byteLength} B  key ${key}  ${safeText(reason, 200)}\n`;
}

async function listFiles(
  stage: OperatorStage,
  { limit, after }: ListVerb,
  json: boolean,
  write: Write,
): Promise<ExitCode> {
  if (stage.failureFiles === undefined) {
    write(json ? '' : 'a data folder has no failure files\n');
    return exitCodes.done;
  }
  const { files, more } = await stage.failureFiles.list({ limit, ...(after !== undefined && { after }) });
  const nowMs = stage.clock.nowMs();
  for (const { key, bytes, writtenAtMs } of files) {
    const facts = { id: key, bytes, written_at: new Date(writtenAtMs).toISOString() };
    write(json ? `${JSON.stringify(facts)}\n` : `${key}  ${ageText(nowMs - writtenAtMs)}  ${bytes} B\n`);
  }
  if (json) return exitCodes.done;
  if (files.length === 0) write('nothing\n');
  const last = files.at(-1);
  if (more && last !== undefined) write(`more: --after ${last.key}\n`);
  return exitCodes.done;
}

/** An age in a unit that gives a number of at least 2. */
function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
