import { createAdClients } from './ad-clients.ts';
import type { Client } from './client.ts';
import { counterClient } from './counter-client.ts';

/** The kinds of clients of one world; a seed draws how many there are of each. */
export function createClientKinds(): Readonly<Record<string, Client>> {
  return { counters: counterClient, ...createAdClients() };
}
