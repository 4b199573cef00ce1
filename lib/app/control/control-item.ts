import * as z from 'zod';
import { currentHotKeys } from '../../core/counters/hot/fleet-hot-keys.ts';
import type { PinnedKey } from '../../core/counters/hot/lanes.ts';
import type { Attributes } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { decodeHotKeys } from '../counters/hot/hot-hint.ts';
import { controlKey, hotHintKey } from '../state-keys.ts';
import { nothingChanged, parseControlText } from './control-content.ts';
import type { ControlState } from './effective-settings.ts';

/** One version of what an operator has changed. */
export interface ControlChange extends ControlState {
  /** 0: as deployed, nobody has changed anything. */
  readonly version: number;
  /** The name that the operator gave (`--by`); nobody checks it. */
  readonly by: string;
  readonly atMs: number;
  /** Random: names this change among those that another operator made, or that this one tries again. */
  readonly changeId: string;
  /** The version whose content a roll-back restored. */
  readonly restores?: number;
}

export const asDeployed: ControlChange = {
  version: 0,
  content: nothingChanged,
  seriesFromMs: {},
  by: '',
  atMs: 0,
  changeId: '',
};

export type ReadControl =
  | { readonly status: 'ok'; readonly change: ControlChange; readonly published: number }
  /** A later version of the code wrote it, or a hand. The next change must still know its version. */
  | {
      readonly status: 'not-understood';
      readonly version: number;
      readonly published: number;
      readonly faults: readonly string[];
    };

/** Rejects with a StateStoreError. */
export async function readControl({ state }: Pick<Ports, 'state'>): Promise<ReadControl> {
  return controlOf(await state.get(controlKey));
}

/** Rejects with a StateStoreError. `found`: the counters that the consumers have found hot. */
export async function readControlAndHint({ state, clock }: Pick<Ports, 'state' | 'clock'>): Promise<{
  readonly control: ReadControl;
  readonly found: readonly PinnedKey[];
}> {
  const { table, pk } = controlKey;
  const { items } = await state.query({ table, pk, limit: 2 });
  const attributesAt = (sk: string): Attributes | undefined =>
    items.find((item) => item.sk === sk)?.attributes;
  const hint = decodeHotKeys(attributesAt(hotHintKey.sk)?.['keys']);
  return {
    control: controlOf(attributesAt(controlKey.sk)),
    found: currentHotKeys(hint, clock.nowMs()).map(({ key, lanes }) => ({ key, lanes })),
  };
}

function controlOf(item: Attributes | undefined): ReadControl {
  if (item === undefined) return { status: 'ok', change: asDeployed, published: 0 };
  const published = numberOf(item['published']);
  const read = changeOf(item);
  return read.status === 'ok'
    ? { ...read, published }
    : { status: 'not-understood', version: numberOf(item['version']), published, faults: read.faults };
}

export type ReadChange =
  | { readonly status: 'ok'; readonly change: ControlChange }
  | { readonly status: 'not-understood'; readonly faults: readonly string[] };

/** The change that an item holds: the control item, or one of the changes. */
export function changeOf(item: Attributes): ReadChange {
  const parsed = parseControlText(item['content']);
  if (parsed.status === 'invalid') return { status: 'not-understood', faults: parsed.faults };
  const seriesFromMs = seriesFromOf(item['series_from']);
  if (seriesFromMs === undefined)
    return { status: 'not-understood', faults: ['series_from: must be an object of instants in JSON'] };
  const { restores } = item;
  return {
    status: 'ok',
    change: {
      version: numberOf(item['version']),
      content: parsed.content,
      seriesFromMs,
      by: String(item['by'] ?? ''),
      atMs: numberOf(item['at']),
      changeId: String(item['change_id'] ?? ''),
      ...(restores !== undefined && { restores: numberOf(restores) }),
    },
  };
}

/** What the item and the record of a change have. `text`: the stored form of the content. */
export function attributesOf(change: ControlChange, text: string): Attributes {
  const { version, seriesFromMs, by, atMs, changeId } = change;
  return {
    version: BigInt(version),
    content: text,
    series_from: JSON.stringify(seriesFromMs),
    by,
    at: BigInt(atMs),
    change_id: changeId,
  };
}

/** undefined: it is none. */
function seriesFromOf(text: unknown): ControlState['seriesFromMs'] | undefined {
  const parsed = seriesFromSchema.safeParse(parseOr(text ?? '{}'));
  return parsed.success ? parsed.data : undefined;
}

const instant = z.int().min(0).exactOptional();
/** Ignores levels that this version does not know: they are in no content that it understands. */
const seriesFromSchema = z.object({ minute: instant, hour: instant, day: instant });

function parseOr(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function numberOf(value: unknown): number {
  return typeof value === 'bigint' ? Number(value) : 0;
}
