import { readFileSync } from 'node:fs';

export interface DashboardQuery {
  readonly panel: string;
  readonly legend: string;
  readonly expression: string;
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

/** What the Grafana dashboard asks Prometheus for, with Grafana's own variables as they are written. */
export function dashboardQueries(): DashboardQuery[] {
  const text = readFileSync('docs/observability/grafana-dashboard.json', 'utf8');
  const { panels } = JSON.parse(text) as { readonly panels: readonly Panel[] };
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({ panel: title, legend: legendFormat, expression: expr })),
  );
}

/** The names of metrics in an expression of PromQL. */
export function metricNamesIn(expression: string): string[] {
  return expression.match(/\b(?:adtally|process|nodejs)_[a-z0-9_]+/g) ?? [];
}
