import { controlFields, type ControlContent } from '../app/control/control-content.ts';
import type { ControlChange, ReadControl } from '../app/control/control-item.ts';
import { createControlStore, type ChangeResult } from '../app/control/control-store.ts';
import { applyControl } from '../app/control/effective-settings.ts';
import { rateText } from '../app/rate/rate-text.ts';
import { canonicalKey } from '../core/counters/counter-key.ts';
import { safeText } from '../core/safe-text.ts';
import type { StageSettings } from '../stages.ts';
import { controlHelp, parseControlArguments, type ControlOptions, type Edit } from './control-options.ts';
import type { OperatorStage } from './operator-stage.ts';
import { exitCodes, type ExitCode, type StageCommand, type Write } from './stage-command.ts';

/** `npm run control`: shows and changes what a stage may change while it runs. */
export const controlCommand: StageCommand<ControlOptions> = {
  name: 'control',
  help: controlHelp,
  parse: parseControlArguments,
  async run(stage, { verb, by, ifVersion, json }, write) {
    const store = createControlStore({ ...stage, rateMax: rateMaxOf(stage) });
    const { settings } = stage;
    switch (verb.type) {
      case 'get':
        return showCurrent(await store.read(), settings, { json, write });
      case 'history': {
        const changes = await store.history(verb.limit);
        for (const { change, before } of changes) {
          const facts = { ...factsOf(change), before: before ?? null };
          write(json ? `${JSON.stringify(facts)}\n` : lineOf(change, movedText(before, change.content)));
        }
        if (changes.length === 0 && !json) write('no changes: everything is as deployed\n');
        return exitCodes.done;
      }
      case 'set': {
        const edit = (current: ControlContent): unknown => edited(current, verb.edits, settings);
        return tell(await store.change({ edit, by, ifVersion }), { json, write });
      }
      case 'rollback':
        return tell(await store.rollback({ to: verb.to, by, ifVersion }), { json, write });
    }
  },
};

/** A deployed stage has a usage plan in front of it; a data folder has none. */
function rateMaxOf({ tables, settings }: OperatorStage): StageSettings['tokens']['rate'] | undefined {
  return tables === undefined ? undefined : settings.tokens.rate;
}

/** The content with the edits; a field that is set to undefined is as deployed. */
function edited(
  current: ControlContent,
  edits: readonly Edit[],
  { counters }: StageSettings,
): Readonly<Record<string, unknown>> {
  const content: Record<string, unknown> = { ...current };
  for (const edit of edits) {
    if (edit.type === 'field') content[edit.field] = edit.value;
  }
  const pins = edits.filter((edit) => edit.type === 'pin');
  if (pins.length > 0) {
    const list = (content['hot_keys'] as ControlContent['hot_keys']) ?? counters.hotKeys;
    const ofStage = (key: string): string => canonicalKey(key, counters.keyFormat);
    const lanes = new Map(list.map((pin) => [ofStage(pin.key), pin.lanes]));
    let changed = false;
    for (const pin of pins) {
      const key = ofStage(pin.key);
      changed ||= lanes.get(key) !== pin.lanes;
      if (pin.lanes === undefined) lanes.delete(key);
      else lanes.set(key, pin.lanes);
    }
    if (changed) content['hot_keys'] = Array.from(lanes, ([key, count]) => ({ key, lanes: count }));
  }
  return Object.fromEntries(Object.entries(content).filter(([, value]) => value !== undefined));
}

interface Output {
  readonly json: boolean;
  readonly write: Write;
}

function showCurrent(control: ReadControl, settings: StageSettings, { json, write }: Output): ExitCode {
  if (control.status === 'not-understood') {
    const { version, faults } = control;
    const text = `version ${version} is not understood here: ${faults.join('; ')}; containers of this release keep the last good one\n`;
    write(json ? `${JSON.stringify({ version, state: 'not-understood', faults })}\n` : text);
    return exitCodes.found;
  }
  const { change } = control;
  const rows = rowsOf(change, settings);
  if (json) {
    write(`${JSON.stringify({ ...factsOf(change), holds: Object.fromEntries(rows) })}\n`);
    return exitCodes.done;
  }
  write(change.version === 0 ? 'version 0: everything is as deployed\n' : lineOf(change));
  for (const [name, value] of rows) {
    const from = change.content[name] === undefined ? '  (as deployed)' : '';
    write(`${name.padEnd(18)} ${valueText(name, value)}${from}\n`);
  }
  return exitCodes.done;
}

/** Each setting as it holds. */
function rowsOf(change: ControlChange, settings: StageSettings): readonly [keyof ControlContent, unknown][] {
  const { ads, counters, tokens, traceShare } = applyControl(settings, change);
  const { ratePerSecond, burst } = tokens.rate;
  return [
    ['rate', { per_second: ratePerSecond, burst }],
    ['live_ads_max', ads.liveAdsMax],
    ['live_ad_bytes_max', ads.liveBytesMax],
    ['hot_keys', counters.hotKeys],
    ['series', counters.series],
    ['trace_share', traceShare ?? null],
  ];
}

/** As `set` takes it, where it takes it. */
function valueText(name: keyof ControlContent, value: unknown): string {
  switch (name) {
    case 'rate': {
      const { per_second: perSecond, burst } = value as NonNullable<ControlContent['rate']>;
      return rateText({ ratePerSecond: perSecond, burst });
    }
    case 'hot_keys': {
      const list = value as NonNullable<ControlContent['hot_keys']>;
      return list.length === 0
        ? 'none'
        : list.map(({ key, lanes }) => `${safeText(key, 60)}=${lanes}`).join(' ');
    }
    case 'series':
      return (
        Object.entries(value as object)
          .map(([level, days]) => `${level}:${String(days)}`)
          .join(',') || 'none'
      );
    case 'trace_share':
      return value === null ? 'as started' : JSON.stringify(value);
    case 'live_ads_max':
    case 'live_ad_bytes_max':
      return JSON.stringify(value);
  }
}

function tell(result: ChangeResult, { json, write }: Output): ExitCode {
  const say = (facts: Readonly<Record<string, unknown>>, text: string): void => {
    write(json ? `${JSON.stringify({ ...facts, state: result.status })}\n` : `${text}\n`);
  };
  switch (result.status) {
    case 'changed': {
      const { change, published } = result;
      const late = published ? '' : '; the event log does not answer, its event follows within minutes';
      say({ ...factsOf(change), published }, `version ${change.version} holds now${late}`);
      return exitCodes.done;
    }
    case 'unchanged':
      say(factsOf(result.change), `version ${result.change.version} says so already; nothing was changed`);
      return exitCodes.done;
    case 'conflict': {
      const { current } = result;
      const version = current.status === 'ok' ? current.change.version : current.version;
      const by = current.status === 'ok' && version > 0 ? ` by ${safeText(current.change.by, 100)}` : '';
      say({ version }, `refused: the current version is ${version}${by}; get it, then decide again`);
      return exitCodes.found;
    }
    case 'invalid':
      say({ faults: result.faults }, `refused: ${result.faults.join('; ')}`);
      return exitCodes.found;
    case 'not-understood':
      say(
        { faults: result.faults },
        `refused: a later release wrote what stands there (${result.faults.join('; ')}); use its command`,
      );
      return exitCodes.found;
    case 'unknown-version':
      say({}, 'refused: no such version; history shows those that are kept');
      return exitCodes.found;
    case 'log-behind':
      say({}, 'refused: the event log has not answered for the last changes; try again when it does');
      return exitCodes.found;
  }
}

function factsOf({ version, by, atMs, content, restores }: ControlChange): Readonly<Record<string, unknown>> {
  return {
    ...{ version, by: version === 0 ? null : by, at: version === 0 ? null : new Date(atMs).toISOString() },
    ...(restores !== undefined && { restores }),
    content,
  };
}

/** @param what by default the names of what is not as deployed */
function lineOf(
  { version, by, atMs, content, restores }: ControlChange,
  what = Object.keys(content).join(', ') || 'all as deployed',
): string {
  const back = restores === undefined ? '' : `, back to ${restores}`;
  return `version ${version}  ${new Date(atMs).toISOString()}  ${safeText(by, 100)}  ${what}${back}\n`;
}

/** Each setting that the change moved, as `set` takes it. `before` undefined: it is no longer kept. */
function movedText(before: ControlContent | undefined, after: ControlContent): string {
  const text = (content: ControlContent, name: keyof ControlContent): string =>
    content[name] === undefined ? 'default' : valueText(name, content[name]);
  const moved = controlFields.flatMap((name) => {
    const now = text(after, name);
    if (before === undefined) return after[name] === undefined ? [] : [`${name} ? -> ${now}`];
    const old = text(before, name);
    return old === now ? [] : [`${name} ${old} -> ${now}`];
  });
  return moved.join('; ') || 'all as deployed';
}
