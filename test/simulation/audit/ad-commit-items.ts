import type { Attributes } from '../../../lib/ports/state-store.ts';
import type { ModelChange, ModelOutcome } from './ad-model.ts';
import { endedItems, endedName, storedEnded } from './ad-ended.ts';
import { changeRow, rowOf, storedChange, storedRow } from './ad-rows.ts';
import { keptSides, sideOf } from './ad-sides.ts';
import type { ItemChange } from './auditor.ts';

export interface Expected {
  readonly changes: readonly ModelChange[];
  /** By event id. */
  readonly outcomes: ReadonlyMap<string, ModelOutcome>;
  /** Of the stage. */
  readonly endedDays: number;
}

export interface ItemFault {
  readonly what: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Where the items that a commit wrote differ from what it should have written; undefined: nowhere. */
export function itemFault(
  written: readonly ItemChange[],
  { changes, outcomes, endedDays }: Expected,
): ItemFault | undefined {
  const head = written.find(({ key }) => key.pk === 'head')?.after;
  const expected = expectedItems(changes, outcomes, keptSides(head));
  // Once, however many projections there are.
  for (const change of changes)
    for (const [name, text] of endedItems(change, endedDays)) expected.set(name, text);
  for (const { key, before, after } of written) {
    if (key.pk === 'head' || key.pk.startsWith('skip#')) continue;
    const ended = endedName(key);
    const name = ended ?? (key.sk === '' ? key.pk : `${key.pk}/${Number(key.sk)}`);
    const wanted = expected.get(name);
    const found =
      ended === undefined
        ? describeItem(sideOf(key.pk).name, Number(key.sk), after)
        : storedEnded(key, after);
    if (found !== wanted)
      return {
        what: 'a commit writes another item than the log leads to',
        facts: { item: name, found, wanted },
      };
    if (key.pk.startsWith('changes#') && before !== undefined)
      return { what: 'a version is written twice', facts: { item: name } };
    expected.delete(name);
  }
  const missing = [...expected];
  if (missing.length === 0) return undefined;
  return { what: 'a commit leaves out what the log leads to', facts: { missing } };
}

/** Name -> text of every item that a commit of these changes and outcomes writes. */
function expectedItems(
  changes: readonly ModelChange[],
  outcomes: ReadonlyMap<string, ModelOutcome>,
  sides: readonly string[],
): Map<string, string> {
  const items = new Map<string, string>();
  for (const change of changes) {
    items.set(`changes#${Math.floor(change.version / 1000)}/${change.version}`, changeRow(change));
    const row = change.type === 'put' ? rowOf(change.ad) : 'gone';
    for (const prefix of sides) items.set(`${prefix}ad#${change.adId}`, row);
  }
  for (const [id, outcome] of outcomes) items.set(`outcome#${id}`, outcomeText(outcome));
  return items;
}

function describeItem(pk: string, version: number, item: Attributes | undefined): string | undefined {
  if (pk.startsWith('changes#')) return storedChange(version, item?.change);
  // A tombstone says "gone" as well as no item does.
  if (pk.startsWith('ad#')) return item?.ad === undefined ? 'gone' : storedRow(item.ad);
  return pk.startsWith('outcome#') ? storedOutcome(item) : undefined;
}

export function outcomeText(outcome: ModelOutcome): string {
  if (outcome.status === 'refused') return `refused ${outcome.reason}`;
  const { version, effect } = outcome;
  return `applied ${version}${effect === undefined ? '' : ` ${effect}`}`;
}

export function storedOutcome(item: Attributes | undefined): string {
  if (item?.outcome !== 'applied') return `refused ${String(item?.reason)}`;
  return ['applied', String(item.version), ...(item.effect === undefined ? [] : [String(item.effect)])].join(
    ' ',
  );
}
