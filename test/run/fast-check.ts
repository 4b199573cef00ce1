import fc from '../../node_modules/fast-check/lib/fast-check.js';
import { chooseSeed } from './seed.ts';

/**
 * What a test gets that imports fast-check (jest.config.mjs): without this each run would draw a seed of its
 * own.
 */
fc.configureGlobal({ seed: chooseSeed(process.env['TEST_SEED']) });

export * from '../../node_modules/fast-check/lib/fast-check.js';
export default fc;
