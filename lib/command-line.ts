/** Set by the launcher of the package `adtally`, and inherited by the processes that a command starts. */
export const launcherVariable = 'ADTALLY_LAUNCHER';

/**
 * How people start a command where they are: `adtally tokens` if the package is installed, `npm run tokens --`
 * in the repository. Arguments may follow.
 */
export function commandLine(name: string): string {
  if (process.env[launcherVariable] !== undefined) return `adtally ${name}`;
  return `npm ${name === 'start' || name === 'test' ? name : `run ${name}`} --`;
}

/** The same without arguments. */
export function commandName(name: string): string {
  return commandLine(name).replace(/ --$/, '');
}
