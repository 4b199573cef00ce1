import { createContext, runInContext } from 'node:vm';
import { describe, expect, it, jest } from '@jest/globals';
import { closeOnSignal, type SignalledProcess } from '../../client/index.ts';
import { flushOnPageHide } from '../../client/flush-on-page-hide.ts';
import type { IncrementBatcher } from '../../client/index.ts';
import { bundleForBrowsers } from './support/bundle.ts';

describe('in a browser', () => {
  it('the client is one small script that needs nothing but the web’s own functions', async () => {
    const script = await bundleForBrowsers();
    expect(script.length).toBeLessThan(54_500);
    expect((await bundleForBrowsers('{ createClient }')).length).toBeLessThan(48_500);
    const urls: string[] = [];
    const fetch = (url: string): Promise<Response> => {
      urls.push(url);
      return Promise.resolve(Response.json({ counters: [] }));
    };
    const web = { AbortController, clearTimeout, crypto, fetch, performance, setTimeout, TextEncoder };
    const context = createContext(web);
    runInContext(script, context);
    const call = `adtally.createClient({ baseUrl: 'https://api.test' }).getCounters({ key: ['a'] })`;
    const { body } = (await runInContext(call, context)) as { readonly body: unknown };
    expect(body).toEqual({ counters: [] });
    expect(urls).toEqual(['https://api.test/api/v1/counters?key=a']);
  });

  it('a batcher sends what it has when the page goes away, until that is undone', () => {
    const page = new EventTarget();
    const sendBeforeUnload = jest.fn<IncrementBatcher['sendBeforeUnload']>();
    const undo = flushOnPageHide({ sendBeforeUnload }, page);
    page.dispatchEvent(new Event('pagehide'));
    expect(sendBeforeUnload).toHaveBeenCalledTimes(1);
    undo();
    page.dispatchEvent(new Event('pagehide'));
    expect(sendBeforeUnload).toHaveBeenCalledTimes(1);
  });
});

describe('in Node', () => {
  function setUp() {
    const listeners = new Map<string, Parameters<SignalledProcess['once']>[1]>();
    const killed: string[] = [];
    const process: SignalledProcess = {
      pid: 7,
      once: (signal, listener) => listeners.set(signal, listener),
      off: (signal) => listeners.delete(signal),
      kill: (pid, signal) => killed.push(`${pid} ${signal}`),
    };
    return { listeners, killed, process };
  }

  it('a signal closes the batcher and then ends the process as it would have', async () => {
    const { listeners, killed, process } = setUp();
    let end = (): void => undefined;
    const close = jest.fn<IncrementBatcher['close']>(() => new Promise<void>((resolve) => (end = resolve)));
    closeOnSignal({ close }, { timeoutMs: 500, process });
    expect([...listeners.keys()]).toEqual(['SIGTERM', 'SIGINT']);
    listeners.get('SIGTERM')?.('SIGTERM');
    expect(close).toHaveBeenCalledWith(500);
    expect([listeners.size, killed]).toEqual([0, []]);
    end();
    await new Promise((resolve) => setImmediate(resolve));
    expect(killed).toEqual(['7 SIGTERM']);
  });

  it('nothing is left of it once it is undone', () => {
    const { listeners, process } = setUp();
    closeOnSignal({ close: () => Promise.resolve() }, { process })();
    expect(listeners.size).toBe(0);
  });
});
