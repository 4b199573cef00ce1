import type { GoalStage } from './goal-stage.ts';

/** What the stage reports of an ad, as far as the day looks at it. */
export interface AdReport {
  readonly impressions: number;
  readonly not_counted: {
    readonly duplicate: number;
    readonly late: number;
    readonly invalid: Readonly<Record<string, number>>;
  };
  /** The following: of an ad with a goal. */
  readonly today?: { readonly date: string; readonly impressions: number; readonly remaining: number };
  readonly rights?: { readonly out: number; readonly returned: number };
  readonly pace?: { readonly planned: number; readonly state: string };
}

export async function readReport(stage: GoalStage, id: string): Promise<AdReport> {
  const { status, body } = await stage.read({
    path: `/api/v1/ad/${id}/delivery?bucket=hour`,
    principal: 'pages',
  });
  if (status !== 200) throw new Error(`no report: ${status} ${body}`);
  return JSON.parse(body) as AdReport;
}

/** In how many of its numbers the events of an ad are, all together. */
export function eventsIn({ impressions, not_counted: { duplicate, late, invalid } }: AdReport): number {
  return impressions + duplicate + late + Object.values(invalid).reduce((sum, count) => sum + count, 0);
}
