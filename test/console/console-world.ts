import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { createConsoleLog } from '../../lib/adapters/system/console-log.ts';
import { startRuntime, type Runtime } from '../../lib/embedded/runtime.ts';
import { stageSettings, type StageSettings } from '../../lib/stages.ts';
import { findChromium, openBrowser } from './open-browser.ts';

export interface ConsoleWorld {
  readonly url: string;
  readonly runtime: Runtime;
  /** Opens the console, or the page at `path`, in a context of its own. */
  open(options?: BrowserContextOptions, path?: string): Promise<Page>;
  /**
   * Closes the pages, which must neither have asked anything elsewhere nor complained, but of what is
   * `forgiven`.
   */
  closePages(forgiven?: RegExp): Promise<void>;
  stop(): Promise<void>;
}

/** Far beyond what anything takes on a busy machine. */
const waitMsMax = 15_000;

export interface ConsoleWorldOptions {
  /** Gets the data folder before the pipeline has it. */
  readonly prepare?: (folder: string) => Promise<void>;
  /** Default: those of the stage `local`. */
  readonly settings?: StageSettings;
}

/** A pipeline, and a browser that looks at it. */
export async function createConsoleWorld({
  prepare,
  settings = stageSettings('local'),
}: ConsoleWorldOptions = {}): Promise<ConsoleWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'adtally-console-'));
  await prepare?.(folder);
  const log = createConsoleLog({ level: 'error', write: () => undefined });
  const runtime = await startRuntime({ folder, settings, log });
  const browser: Browser = await openBrowser(findChromium() ?? '');
  let complaints: string[] = [];
  return {
    url: runtime.url,
    runtime,
    async open(options = {}, path = '/console') {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      context.setDefaultTimeout(waitMsMax);
      const page = await context.newPage();
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('dialog', (dialog) => {
        complaints.push(`a dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on('request', (request) => {
        if (!request.url().startsWith(`${runtime.url}/`) && !request.url().startsWith('data:'))
          complaints.push(`asked ${request.url()}`);
      });
      await page.goto(`${runtime.url}${path}`);
      return page;
    },
    async closePages(forgiven) {
      await Promise.all(browser.contexts().map((context) => context.close()));
      const found = complaints.filter((complaint) => forgiven?.test(complaint) !== true);
      complaints = [];
      expect(found).toEqual([]);
    },
    async stop() {
      await browser.close();
      await runtime.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
