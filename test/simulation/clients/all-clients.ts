import { createAdClients } from './ad-clients.ts';
import type { Client } from './client.ts';
import { counterClient } from './counter-client.ts';

/** One of each sort for one world; a seed draws how many of them there are. */
export function createClientKinds(): Readonly<Record<string, Client>> {
  return { counters: counterClient, ...createAdClients() };
}
