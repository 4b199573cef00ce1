const tries = 50;
const pauseMs = 200;

/** Tries a check again until it passes, or for ten seconds. */
export async function eventually(check: () => Promise<void>): Promise<void> {
  for (let i = 1; ; i += 1) {
    try {
      await check();
      return;
    } catch (error) {
      if (i >= tries) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
