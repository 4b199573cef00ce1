import { createCounterReader } from '../app/counters/counter-reader.ts';
import { canonicalKey, counterKeyCharactersMax, isCounterKey } from '../core/counters/counter-key.ts';
import { formatInstant } from '../core/instant.ts';
import { safeText } from '../core/safe-text.ts';
import { isPortError } from '../ports/port-error.ts';
import { commandLine, decimal, many, UsageError, whole } from '../options.ts';
import type { OperatorStage } from './operator-stage.ts';
import { exitCodes, parseStageArguments, stageOptionsHelp, type StageCommand } from './stage-command.ts';

export interface TailOptions {
  readonly keys: readonly string[];
  readonly everyMs: number;
  /** Ends after so many changes; undefined: never. */
  readonly changesMax: number | undefined;
  readonly json: boolean;
}

/** One read takes so many. */
const keysMax = 100;
/** A stage that fails for longer has to be looked at. */
const failingMsMax = 60_000;
const keyCharactersMax = 80;

const ownOptions = {
  key: many('a counter key', (text) => (isCounterKey(text) ? text : undefined), {
    argument: '<key>',
    about: 'the counter to follow; repeatable',
    timesMax: keysMax,
  }),
  every: decimal({ about: 'seconds between two looks', min: 0.1, max: 3600, default: 0.5 }),
  changes: whole({ about: 'ends after so many changes', min: 1, max: 1_000_000 }),
};

const help = `Shows increments as they are counted: ${commandLine('tail')} --key <key> [options]

  --key <key>      the counter to follow; repeatable, up to ${keysMax} times; a key has 1 to ${counterKeyCharactersMax} characters
  --every <s>      seconds between two looks, 0.1 to 3600 (default 0.5): a look reads each counter once
  --changes <n>    ends after n changes (default: it goes on until you stop it)

${stageOptionsHelp}
It prints each counter's total, and then a line for each change that a look finds: when it was counted, the key,
what was added since the line before, and the total. So increments between two looks are one line. mode=sync shows
too; a repeat of a keyed request does not, because nothing is added. A restored counter may show less.
Exit codes: 0 the changes asked for were shown, 2 wrong arguments, 4 the stage cannot be opened, or did not answer
for a minute.
`;

/** `npm run tail`: follows counters of a folder or of a deployed stage by reading their totals. */
export const tailCommand: StageCommand<TailOptions> = {
  name: 'tail',
  help,
  parse(args) {
    const { location, values } = parseStageArguments(args, ownOptions);
    const keys = [...new Set(values.key)];
    if (keys.length === 0) throw new UsageError('--key is missing: the counter to follow');
    return {
      location,
      options: { keys, everyMs: values.every * 1000, changesMax: values.changes, json: values.json },
    };
  },
  async run(stage, { keys: given, everyMs, changesMax = Infinity, json }, write) {
    const keys = [...new Set(given.map((key) => canonicalKey(key, stage.settings.counters.keyFormat)))];
    const look = patientReader(stage, keys);
    const totals = new Map<string, bigint>();
    const show = json ? showJson : showText;
    let changes = 0;
    for (let isFirst = true; changes < changesMax; isFirst = false) {
      if (!isFirst) await stage.clock.sleep(everyMs);
      const counters = await look();
      for (const [i, counter] of counters.entries()) {
        const key = keys[i] ?? '';
        const total = counter?.value ?? 0n;
        const added = total - (totals.get(key) ?? 0n);
        totals.set(key, total);
        if (!isFirst && added === 0n) continue;
        // The beginning is no change: what is there was added before.
        const shown = isFirst ? undefined : added;
        write(show({ key, total, added: shown, countedAtMs: counter?.updatedAtMs }));
        if (isFirst) continue;
        changes += 1;
        if (changes >= changesMax) break;
      }
    }
    return exitCodes.done;
  },
};

/** Reads the counters; goes on while the store fails, for a minute in a row. */
function patientReader({ clock, state, settings }: OperatorStage, keys: readonly string[]) {
  const reader = createCounterReader({ clock, state, settings });
  return async () => {
    const sinceMs = clock.monotonicMs();
    for (let pauseMs = 100; ; pauseMs = Math.min(2 * pauseMs, 5000)) {
      try {
        const result = await reader.read(keys, []);
        return result.status === 'ok' ? result.counters : [];
      } catch (error) {
        if (!isPortError(error) || clock.monotonicMs() - sinceMs > failingMsMax) throw error;
        await clock.sleep(pauseMs);
      }
    }
  };
}

interface Line {
  readonly key: string;
  readonly total: bigint;
  /** undefined: the total at the beginning. */
  readonly added: bigint | undefined;
  /** undefined: there is no such counter. */
  readonly countedAtMs: number | undefined;
}

function showText({ key, total, added, countedAtMs }: Line): string {
  const at = countedAtMs === undefined ? 'not yet counted'.padEnd(24) : formatInstant(countedAtMs);
  const change = added === undefined ? '' : `${added > 0n ? '+' : ''}${added}`;
  return `${at}  ${safeText(key, keyCharactersMax)}  ${change.padStart(8)}  ${total}\n`;
}

/** Sums as strings: they may exceed 2^53. `added` is null at the beginning. */
function showJson({ key, total, added, countedAtMs }: Line): string {
  const countedAt = countedAtMs === undefined ? null : formatInstant(countedAtMs);
  return `${JSON.stringify({ counted_at: countedAt, key, added: added?.toString() ?? null, total: String(total) })}\n`;
}
