'use strict';

// What a single executable runs first. Node can neither import files from inside an executable nor load LMDB's addon
// from there, so the package is unpacked once, into a folder of its version and contents, and runs from there.
const { randomUUID } = require('node:crypto');
const { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { homedir } = require('node:os');
const { dirname, isAbsolute, join, resolve } = require('node:path');
const { getAsset, getAssetKeys } = require('node:sea');

/** Names the folder in which the others are made. */
const cacheVariable = 'ADTALLY_CACHE';

try {
  const folder = join(cacheFolder(), getAsset('name', 'utf8'));
  if (!existsSync(folder)) unpack(folder);
  const launcher = join(folder, 'node_modules/adtally/bin/adtally.cjs');
  // A command that starts a server starts `process.execPath` as if it were Node: with flags and the launcher.
  const given = process.argv.slice(2);
  process.argv = [process.execPath, launcher, ...given.slice(given.indexOf(launcher) + 1)];
  createRequire(launcher)(launcher);
} catch (error) {
  if (error?.syscall === undefined) throw error;
  process.stderr.write(
    `adtally cannot unpack itself: ${error.message}; name a folder that this user can write with ${cacheVariable}.\n`,
  );
  process.exitCode = 1;
}

function cacheFolder() {
  const { [cacheVariable]: own = '', XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = process.env;
  if (own !== '') return resolve(own);
  // The XDG Base Directory Specification: an empty one is unset, and relative ones are ignored.
  const caches = [xdg, local].find((path) => path !== undefined && isAbsolute(path));
  return join(caches ?? join(homedir(), '.cache'), 'adtally');
}

/** As lib/adapters/lmdb/data-folder.ts, which says why: Node's own never ends in /proc. */
function makeFolders(path) {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolders(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

/** Another process may do the same at the same time: the folder appears whole, by the first. */
function unpack(folder) {
  const fresh = `${folder}.${randomUUID()}`;
  for (const key of getAssetKeys()) {
    if (key === 'name') continue;
    const path = join(fresh, key);
    makeFolders(dirname(path));
    writeFileSync(path, Buffer.from(getAsset(key)));
  }
  try {
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
}
