type Http = ReturnType<typeof process.getBuiltinModule<'node:http'>>;
type Https = ReturnType<typeof process.getBuiltinModule<'node:https'>>;
type Zlib = ReturnType<typeof process.getBuiltinModule<'node:zlib'>>;

export interface NodeModules {
  readonly http: Http;
  readonly https: Https;
  readonly zlib: Zlib;
}

/**
 * What the client uses of Node; undefined in browsers and before Node 20.16. It is not imported, so that the
 * same script also runs in browsers.
 */
export function nodeModules(
  scope: { readonly process?: Partial<Pick<NodeJS.Process, 'getBuiltinModule'>> } = globalThis,
): NodeModules | undefined {
  const load = scope.process?.getBuiltinModule;
  if (typeof load !== 'function') return undefined;
  return { http: load('node:http'), https: load('node:https'), zlib: load('node:zlib') };
}
