import type { Options } from '../../lib/options.ts';
import { version } from '../../lib/version.ts';

export interface CompletedCommand {
  readonly name: string;
  readonly about: string;
  /** The words that may follow it. */
  readonly words: readonly string[];
  readonly options: Options;
}

/** Its options may follow `adtally` itself. */
const withoutName = 'start';

/** What every command has. */
const always = [
  ['--help', 'shows the options and exit codes'],
  ['--version', 'prints the version'],
] as const;

/**
 * For bash 3.2, which macOS has, and later ones. The script splits the line itself, because bash takes `:` and `=` for
 * ends of words. What it does not know, bash completes as the name of a file.
 */
export function bashScript(commands: readonly CompletedCommand[]): string {
  return `# adtally ${version}, for bash: eval "$(adtally completion bash)"
_adtally() {
  local IFS=$' \\t\\n' line=\${COMP_LINE:0:COMP_POINT} names= glued=
  local -a words
  read -r -a words <<< "$line"
  case $line in *[[:space:]]) words+=('') ;; esac
  local place=$((\${#words[@]} - 1))
  local current=\${words[place]} before=\${words[place - 1]} command=\${words[1]}
  case $current in --*=*) before=\${current%%=*} glued=\${current%%=*}= current=\${current#*=} ;; esac
  if [[ $command == -* ]]; then
    command=${withoutName}
  elif ((place == 1)); then
    command= names='${commands.map(({ name }) => name).join(' ')}'
  fi
  case $command in
${commands.map(bashCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$names" -- "$current"))
  local i
  for ((i = 0; i < \${#COMPREPLY[@]}; i++)); do
    # Bash replaces what follows the last of these.
    case $COMP_WORDBREAKS in *:*) COMPREPLY[i]=\${COMPREPLY[i]#"\${current%"\${current##*:}"}"} ;; esac
    case $COMP_WORDBREAKS in *=*) ;; *) COMPREPLY[i]=$glued\${COMPREPLY[i]} ;; esac
  done
}
complete -o default -F _adtally adtally
`;
}

function bashCase({ name, words, options }: CompletedCommand): string {
  const byValue = valued(options).map(
    ({ given, names }) => `      ${given.join('|')}) names='${names.join(' ')}' ;;\n`,
  );
  const all = described(options).map(([option]) => option);
  const further = words.length > 0 ? `\n        elif ((place == 2)); then names='${words.join(' ')}'` : '';
  return `    ${name}) case $before in
${byValue.join('')}      *)
        if [[ $current == -* ]]; then names='${all.join(' ')}'${further}
        fi ;;
    esac ;;`;
}

/** A completion function of zsh's own, which shows what each command and option does. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef adtally
# adtally ${version}, for zsh: eval "$(adtally completion zsh)", or a file _adtally in a folder of $fpath
_adtally() {
  local -a found
  local current=\${words[CURRENT]} before=\${words[CURRENT-1]} command=\${words[2]}
  if [[ $current == --*=* ]]; then
    before=\${current%%=*}
    compset -P '*='
  fi
  if [[ $command == -* ]]; then
    command=${withoutName}
  elif (( CURRENT == 2 )); then
    found=(
${commands.map(({ name, about }) => zshLine([name, about])).join('\n')}
    )
    _describe command found
    return
  fi
  case $command in
${commands.map(zshCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _adtally ]]; then _adtally "$@"; else compdef _adtally adtally; fi
`;
}

function zshCase({ name, words, options }: CompletedCommand): string {
  const byValue = valued(options).map(
    ({ given, names }) =>
      `      ${given.join('|')}) ${names.length > 0 ? `compadd -- ${names.join(' ')}` : '_files'} ;;\n`,
  );
  const others =
    words.length > 0
      ? `if (( CURRENT == 3 )); then compadd -- ${words.join(' ')}; else _files; fi`
      : '_files';
  return `    ${name}) case $before in
${byValue.join('')}      *)
        if [[ $current != -* ]]; then
          ${others}
          return
        fi
        found=(
${described(options).map(zshLine).join('\n')}
        )
        _describe option found ;;
    esac ;;`;
}

function zshLine([name, about]: readonly [string, string]): string {
  return `          '${name.replaceAll(':', '\\:')}:${about.replaceAll("'", `'\\''`)}'`;
}

/** The options that take a value, those without known values together. */
function valued(
  options: Options,
): { readonly given: readonly string[]; readonly names: readonly string[] }[] {
  const taking = Object.entries(options)
    .filter(([, { argument }]) => argument !== '')
    .map(([name, { names = [] }]) => ({ given: [`--${name}`], names }));
  const open = taking.filter(({ names }) => names.length === 0).flatMap(({ given }) => given);
  const known = taking.filter(({ names }) => names.length > 0);
  return open.length === 0 ? known : [...known, { given: open, names: [] }];
}

/** Each option with the first line of what it does. */
function described(options: Options): (readonly [string, string])[] {
  const own = Object.entries(options).map(
    ([name, { about }]) => [`--${name}`, about.split('\n')[0] ?? ''] as const,
  );
  return [...own, ...always];
}
