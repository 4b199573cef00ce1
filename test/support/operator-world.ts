import type { Ports } from '../../lib/app/ports.ts';
import type { OperatorStage } from '../../lib/operator/operator-stage.ts';
import { LogError } from '../../lib/ports/log-reader.ts';
import type { FailureFiles } from '../../lib/ports/failure-files.ts';
import { QuarantineError } from '../../lib/ports/quarantine.ts';
import { StateStoreError } from '../../lib/ports/state-store.ts';
import { UsageKeysError, type UsageKeys } from '../../lib/ports/usage-keys.ts';
import type { StageCommand } from '../../lib/operator/stage-command.ts';
import { createAuditWorld } from './audit-world.ts';
import type { Failures } from './failing-calls.ts';

/** What an operator command may call; each of them may fail. */
export interface OperatorPorts extends Pick<OperatorStage, 'state' | 'quarantine' | 'adEvents'> {
  readonly failureFiles: FailureFiles;
  readonly usageKeys: UsageKeys;
  readonly history: OperatorStage['histories']['increments'];
  readonly [name: string]: object;
}

export type OperatorWorld = ReturnType<typeof createOperatorWorld>;

/** A stage in memory for operator commands: counters, a quarantine, failure files and a usage plan. */
export function createOperatorWorld(overrides: Partial<Ports> = {}) {
  const world = createAuditWorld(overrides);
  const files = new Map<string, string>();
  const failureFiles: FailureFiles = {
    list({ after = '', limit }) {
      const keys = [...files.keys()].filter((key) => key > after).sort();
      const page = keys.slice(0, limit);
      const of = page.map((key) => ({ key, bytes: files.get(key)?.length ?? 0, writtenAtMs: 0 }));
      return Promise.resolve({ files: of, more: keys.length > limit });
    },
    read: (key) => Promise.resolve(files.get(key)),
    remove: (key) => Promise.resolve(void files.delete(key)),
  };
  /** The principals that have a key in the usage plan. */
  const keys = new Set<string>();
  const usageKeys: UsageKeys = {
    ensure: (principal) => Promise.resolve(void keys.add(principal)),
    remove: (principal) => Promise.resolve(void keys.delete(principal)),
  };
  return { ...world, files, failureFiles, keys, usageKeys };
}

export function operatorPorts(world: OperatorWorld): OperatorPorts {
  const { ports, history, failureFiles, usageKeys } = world;
  const { state, quarantine, adEvents } = ports;
  return { state, quarantine, adEvents, failureFiles, usageKeys, history };
}

export const operatorFailures: Failures<OperatorPorts> = {
  state: () => new StateStoreError('state-unavailable', 'no answer'),
  quarantine: () => new QuarantineError('no answer'),
  adEvents: () => new LogError('no answer'),
  failureFiles: () => new QuarantineError('no answer'),
  usageKeys: () => new UsageKeysError('no answer'),
  history: () => new LogError('no answer'),
};

export function stageOf(world: OperatorWorld, ports = operatorPorts(world)): OperatorStage {
  const { settings, increments, clock, ids, telemetry } = world.ports;
  const { state, quarantine, adEvents, failureFiles, usageKeys, history } = ports;
  return {
    ...{ settings, state, quarantine, adEvents, increments, clock, ids, telemetry, failureFiles, usageKeys },
    histories: { adEvents: history, increments: history },
    auditFile: '/nowhere/audit.ndjson',
    backup: undefined,
    tables: undefined,
    close: () => Promise.resolve(),
  };
}

export interface Answer {
  readonly code: number;
  readonly text: string;
  /** What is written with `--json`. */
  readonly lines: readonly Record<string, unknown>[];
}

/** Runs a command on a stage, as its program does between the opening and the closing of the stage. */
export async function perform<Given>(
  command: StageCommand<Given>,
  stage: OperatorStage,
  args: readonly string[],
): Promise<Answer> {
  let text = '';
  const code = await command.run(stage, command.parse(args).options, (more) => void (text += more));
  const isJson = args.includes('--json');
  const lines = isJson ? text.split('\n').filter((line) => line !== '') : [];
  return { code, text, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}
