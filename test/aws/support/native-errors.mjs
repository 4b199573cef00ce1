import { types } from 'node:util';

/**
 * Jest gives each test file globals of its own, so that an error of Node's sockets is no `instanceof Error` there,
 * and the SDK wraps what it does not know, losing its code. In production there is one `Error`; here it is made to
 * know them all.
 */
Object.defineProperty(Error, Symbol.hasInstance, {
  value(error) {
    if (this === Error) return types.isNativeError(error);
    return Function.prototype[Symbol.hasInstance].call(this, error);
  },
});
