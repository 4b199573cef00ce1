import { createAdClients } from './ad-clients.ts';
import type { AdNotebook } from './ad-notebook.ts';
import type { Client } from './client.ts';
import { counterClient } from './counter-client.ts';
import { createGoalEditor, type GoalNotes } from './goal-editor.ts';
import { createGoalViewer } from './goal-viewer.ts';
import { createViewer } from './viewer.ts';
import type { ViewerNotes } from './viewer-reports.ts';

/** What the clients of one world share. */
export interface SharedNotes {
  readonly ads: AdNotebook;
  readonly viewers: ViewerNotes;
  /** undefined: no ad may have a goal. */
  readonly goals: GoalNotes | undefined;
}

/** The kinds of clients of one world; a seed draws how many there are of each. */
export function createClientKinds({ ads, viewers, goals }: SharedNotes): Readonly<Record<string, Client>> {
  return {
    ...{ counters: counterClient, ...createAdClients(ads), viewers: createViewer(viewers, ads) },
    ...(goals !== undefined && {
      'goal-editors': createGoalEditor(goals),
      'goal-viewers': createGoalViewer(goals),
    }),
  };
}
