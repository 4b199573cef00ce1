import type { Planting } from './planting.ts';

/** More would catch each other's failures, and each failure costs a run for each member that it reaches. */
const groupMax = 8;

/** Those that do not touch each other, together: no file in common, and none of the tests nearest to them. */
export function groupsOf(
  plantings: readonly Planting[],
  nearTests: (planting: Planting) => readonly string[],
): readonly (readonly Planting[])[] {
  const groups: { members: Planting[]; touched: Set<string> }[] = [];
  for (const planting of plantings) {
    const touches = [...planting.files, ...nearTests(planting)];
    const fitting = groups.find(
      ({ members, touched }) => members.length < groupMax && !touches.some((file) => touched.has(file)),
    );
    const group = fitting ?? { members: [], touched: new Set() };
    if (fitting === undefined) groups.push(group);
    group.members.push(planting);
    for (const file of touches) group.touched.add(file);
  }
  return groups.map(({ members }) => members);
}
