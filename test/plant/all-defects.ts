import { simulatedDefects } from '../simulation/defects/all-defects.ts';
import type { Defect } from './defect.ts';
import { generalDefects } from './defects/general-defects.ts';
import { plantingOf, type Planting } from './planting.ts';

/** Every planted defect of the repository, area by area. */
export const allDefects: readonly (readonly [area: string, defect: Defect])[] = [
  simulatedDefects,
  generalDefects,
].flatMap((byArea) =>
  Object.entries(byArea).flatMap(([area, defects]) => defects.map((defect) => [area, defect] as const)),
);

export const plantedDefects: readonly Planting[] = allDefects.map(([area, defect]) =>
  plantingOf(area, defect),
);

/** Those that the simulator alone must find. */
export const forSimulator: ReadonlySet<string> = new Set(
  Object.values(simulatedDefects).flatMap((defects) => defects.map(({ name }) => name)),
);
