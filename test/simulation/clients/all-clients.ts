import { createAdClients } from './ad-clients.ts';
import type { AdNotebook } from './ad-notebook.ts';
import type { Client } from './client.ts';
import { counterClient } from './counter-client.ts';
import { createViewer } from './viewer.ts';
import type { ViewerNotes } from './viewer-reports.ts';

/** What the clients of one world share. */
export interface SharedNotes {
  readonly ads: AdNotebook;
  readonly viewers: ViewerNotes;
}

/** The kinds of clients of one world; a seed draws how many there are of each. */
export function createClientKinds({ ads, viewers }: SharedNotes): Readonly<Record<string, Client>> {
  return { counters: counterClient, ...createAdClients(ads), viewers: createViewer(viewers, ads) };
}
