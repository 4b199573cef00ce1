import { assert } from '../../core/assert.ts';
import { seriesLevels } from '../../core/counters/series.ts';
import { isStateStoreError, type Condition, type WriteAction } from '../../ports/state-store.ts';
import type { RateSettings } from '../../stages.ts';
import type { Ports } from '../ports.ts';
import { controlChangeKey, controlChangesPartition, controlKey } from '../state-keys.ts';
import { controlText, nothingChanged, parseControl, type ControlContent } from './control-content.ts';
import {
  asDeployed,
  attributesOf,
  changeOf,
  readControl,
  type ControlChange,
  type ReadControl,
} from './control-item.ts';
import { applyControl, type ControlState } from './effective-settings.ts';
import { publishChanges } from './publish-changes.ts';
import { stageFaults } from './stage-faults.ts';

/** The versions that can be shown and restored; older ones are removed. */
export const changesKept = 100;

/**
 * An added level of series counts as complete this long after its change: containers notice the change within
 * seconds, and an invocation that began before ends within a minute.
 */
export const seriesFromAfterMs = 120_000;

export interface ChangeRequest {
  /** Makes the new content of the current one; unknown fields and values are checked afterwards. */
  readonly edit: (current: ControlContent) => unknown;
  readonly by: string;
  /** Refused unless this is the current version; undefined: the one that is read now. */
  readonly ifVersion: number | undefined;
}

export type ChangeResult =
  /** `published`: its event is in the log; if not, the sweep of ads appends it within minutes. */
  | { readonly status: 'changed'; readonly change: ControlChange; readonly published: boolean }
  /** It is so already; nothing was written. */
  | { readonly status: 'unchanged'; readonly change: ControlChange }
  /** Another operator was first, or the version is another one than asked for. Nothing was written. */
  | { readonly status: 'conflict'; readonly current: ReadControl }
  | { readonly status: 'invalid'; readonly faults: readonly string[] }
  /** The current content was written by a later version of the code, and would be lost. */
  | { readonly status: 'not-understood'; readonly faults: readonly string[] }
  | { readonly status: 'unknown-version' }
  /** The event log has not answered for `changesKept` changes, whose events would be lost. */
  | { readonly status: 'log-behind' };

export interface KeptChange {
  readonly change: ControlChange;
  /** The content that it replaced; undefined: that is no longer kept, or this release does not understand it. */
  readonly before: ControlContent | undefined;
}

/** All methods reject with a StateStoreError: call again; a change that was made is then `unchanged`. */
export interface ControlStore {
  read(): Promise<ReadControl>;
  change(request: ChangeRequest): Promise<ChangeResult>;
  /** Makes a new version with the content of an old one; 0: as deployed. Default: the one before the current. */
  rollback(request: Omit<ChangeRequest, 'edit'> & { readonly to: number | undefined }): Promise<ChangeResult>;
  /** The last changes, newest first, at most `changesKept`. */
  history(limit: number): Promise<readonly KeptChange[]>;
}

export interface ControlStoreDeps extends Pick<
  Ports,
  'state' | 'adEvents' | 'clock' | 'ids' | 'telemetry' | 'settings'
> {
  /** The rate of the usage plan in front of the stage; undefined: there is none. */
  readonly rateMax: RateSettings | undefined;
}

export function createControlStore(deps: ControlStoreDeps): ControlStore {
  const { state, clock, ids, settings, rateMax } = deps;

  const make = async (
    current: Extract<ReadControl, { status: 'ok' }>,
    value: unknown,
    { by, restores }: { readonly by: string; readonly restores?: number },
  ): Promise<ChangeResult> => {
    const parsed = parseControl(value);
    if (parsed.status === 'invalid') return parsed;
    const { content } = parsed;
    const faults = stageFaults(content, settings, rateMax);
    if (faults.length > 0) return { status: 'invalid', faults };
    const before = current.change;
    // The events of earlier changes come first.
    const isPublished = await publishChanges(deps);
    if (controlText(content) === controlText(before.content)) return { status: 'unchanged', change: before };
    const version = before.version + 1;
    if (!isPublished && version - current.published > changesKept) return { status: 'log-behind' };
    const atMs = clock.nowMs();
    const change: ControlChange = {
      ...{ version, content, by, atMs, changeId: ids.nonce() },
      seriesFromMs: seriesFrom(deps, before, content, atMs),
      ...(restores !== undefined && { restores }),
    };
    if (!(await write(deps, before.version, change))) {
      return { status: 'conflict', current: await readControl(deps) };
    }
    return { status: 'changed', change, published: await isPublishedNow(deps) };
  };

  /** The current state, or why it cannot be changed. */
  const open = async (ifVersion: number | undefined) => {
    const current = await readControl(deps);
    const version = current.status === 'ok' ? current.change.version : current.version;
    if (ifVersion !== undefined && ifVersion !== version) return { status: 'conflict', current } as const;
    return current.status === 'ok'
      ? current
      : ({ status: 'not-understood', faults: current.faults } as const);
  };

  return {
    read: () => readControl(deps),
    async change({ edit, by, ifVersion }) {
      const current = await open(ifVersion);
      return current.status === 'ok' ? make(current, edit(current.change.content), { by }) : current;
    },
    async rollback({ to, by, ifVersion }) {
      const current = await open(ifVersion);
      if (current.status !== 'ok') return current;
      const restores = to ?? current.change.version - 1;
      if (restores < 0) return { status: 'unknown-version' };
      if (restores === 0) return make(current, nothingChanged, { by, restores });
      const item = await state.get(controlChangeKey(restores));
      if (item === undefined) return { status: 'unknown-version' };
      const old = changeOf(item);
      return old.status === 'ok' ? make(current, old.change.content, { by, restores }) : old;
    },
    async history(limit) {
      assert(limit >= 1 && limit <= changesKept, 'a history has 1 to 100 changes');
      const { items } = await state.query({
        ...{ table: controlKey.table, pk: controlChangesPartition, order: 'descending' },
        limit: limit + 1,
      });
      const kept = items.flatMap(({ attributes }) => {
        const read = changeOf(attributes);
        return read.status === 'ok' ? [read.change] : [];
      });
      return kept.slice(0, limit).map((change, at) => {
        const next = change.version === 1 ? asDeployed : kept[at + 1];
        return { change, before: next?.version === change.version - 1 ? next.content : undefined };
      });
    },
  };
}

/** The change is made, whatever comes of its event now. */
async function isPublishedNow(deps: ControlStoreDeps): Promise<boolean> {
  try {
    return await publishChanges(deps);
  } catch (error) {
    if (!isStateStoreError(error)) throw error;
    return false;
  }
}

/**
 * One transaction moves the item from the version that was read, records the change and removes the oldest
 * record. false: another change was first. A change whose answer was lost, and that the store's client sent
 * again, finds itself in its way.
 */
async function write({ state }: Pick<Ports, 'state'>, from: number, change: ControlChange): Promise<boolean> {
  const set = attributesOf(change, controlText(change.content));
  const { restores } = change;
  const record = restores === undefined ? set : { ...set, restores: BigInt(restores) };
  const condition: Condition =
    from === asDeployed.version
      ? { op: 'item-absent' }
      : { op: '=', attribute: 'version', value: BigInt(from) };
  const actions: WriteAction[] = [
    { type: 'update', key: controlKey, set, condition },
    { type: 'put', key: controlChangeKey(change.version), attributes: record },
  ];
  const dropped = change.version - changesKept;
  if (dropped > 0) actions.push({ type: 'delete', key: controlChangeKey(dropped) });
  const result = await state.transact(actions);
  if (result.status === 'written') return true;
  const item = await state.get(controlKey);
  return item?.['change_id'] === change.changeId;
}

/** From when on each kept level of series is complete, where a change has added it. */
function seriesFrom(
  { settings }: Pick<Ports, 'settings'>,
  before: ControlState,
  content: ControlContent,
  nowMs: number,
): ControlState['seriesFromMs'] {
  const keptBefore = applyControl(settings, before).counters.series;
  const keptNow = applyControl(settings, { content, seriesFromMs: {} }).counters.series;
  const known = before.seriesFromMs;
  return Object.fromEntries(
    seriesLevels.flatMap((level) => {
      if (keptNow[level] === undefined) return [];
      const fromMs = keptBefore[level] === undefined ? nowMs + seriesFromAfterMs : known[level];
      return fromMs === undefined ? [] : [[level, fromMs]];
    }),
  );
}
