export interface Area {
  readonly name: string;
  readonly code: RegExp;
  readonly tests: RegExp;
  readonly least?: number;
  readonly slow?: boolean;
}
export const areas: readonly Area[];
export function areaOf(file: string): Area | undefined;
