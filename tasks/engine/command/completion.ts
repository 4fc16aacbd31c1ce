// What may stand on the command line where Tab is pressed, and the scripts that ask for it.

import { GRAPH_FORMATS, SHELLS, type Shell } from '../build/index.ts'
import type { Input, Setting, Tasks } from '../declare/index.ts'
import { COMMANDS, OPTIONS } from './options.ts'

/** A word, and what is said of it where the shell shows that. */
export interface Candidate {
  readonly word: string
  readonly about: string
}

/**
 * The candidates for the last of the words typed after tasks.ts.
 * @param files outputs that may be asked for
 */
export function candidates(
  typed: readonly string[],
  tasks: Tasks,
  settings: readonly Setting[],
  files: readonly string[],
): Candidate[] {
  const last = typed.at(-1) ?? ''
  const before = typed.at(-2) ?? ''
  return possible(last, before, typed, tasks, settings, files).filter(({ word }) =>
    word.startsWith(last),
  )
}

/** The candidates as the scripts read them: a line each, word, tab, what is said of it. */
export function completeText(
  typed: readonly string[],
  tasks: Tasks,
  settings: readonly Setting[],
): string {
  const files = outputsOf(Object.values(tasks).map(({ targets }) => targets))
  return candidates(typed, tasks, settings, files)
    .map(({ word, about }) => `${word}\t${about}`)
    .join('\n')
}

/** Outputs that the targets reach as far as that is declared plainly. */
function outputsOf(targets: Input): string[] {
  const paths = new Set<string>()
  const follow = (input: Input): void => {
    if (typeof input === 'string') return
    if (isList(input)) {
      for (const one of input) follow(one)
      return
    }
    const edge = input.kind === 'edge' ? input : input.kind === 'output' ? input.edge : undefined
    if (edge === undefined || paths.has(edge.output.path)) return
    for (const { path } of edge.outputs) paths.add(path)
    follow([...edge.inputs, ...edge.orderOnly])
  }
  follow(targets)
  return [...paths]
}

function isList(input: Input): input is readonly Input[] {
  return Array.isArray(input)
}

function possible(
  last: string,
  before: string,
  typed: readonly string[],
  tasks: Tasks,
  settings: readonly Setting[],
  files: readonly string[],
): Candidate[] {
  const plain = (words: readonly string[]): Candidate[] =>
    words.map((word) => ({ word, about: '' }))
  if (typed.slice(0, -1).includes('--')) return []
  const [first] = typed
  if (typed.length > 1 && first === 'query') {
    return typed.length === 2 ? plain(['inputs', 'users', 'path']) : plain(files)
  }
  const named = Object.entries(tasks).map(([word, { about }]) => ({ word, about }))
  if (typed.length > 1 && first === 'help') return [...named, ...plain(['settings'])]
  const values: Readonly<Record<string, readonly string[]>> = {
    '--completion': SHELLS,
    '--color': ['auto', 'always', 'never'],
    '--graph': GRAPH_FORMATS,
  }
  if (before !== '--graph' && values[before] !== undefined) return plain(values[before])
  if (last.startsWith('-')) {
    const [option = ''] = last.split('=')
    if (last.includes('='))
      return plain((values[option] ?? []).map((value) => `${option}=${value}`))
    const own = Object.values(tasks).flatMap(({ options }) => Object.entries(options))
    return [
      ...Object.values(OPTIONS).flatMap(({ names, about }) =>
        names.map((word) => ({ word, about })),
      ),
      ...own.map(([word, about]) => ({ word: `--${word}`, about })),
    ]
  }
  const commands = typed.length === 1 ? Object.entries(COMMANDS) : []
  return [
    ...named,
    ...commands.map(([word, about]) => ({ word, about })),
    ...settings.map(({ name, about }) => ({ word: `${name}=`, about })),
    ...plain(files),
  ]
}

/** A script for the shell to read: `source <(npx tsx tasks.ts --completion bash)`. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return BASH
    case 'zsh':
      return ZSH
    case 'fish':
      return FISH
    default:
      return shell satisfies never
  }
}

// Each asks the very command that is being typed, up to tasks.ts, and leaves commands without
// tasks.ts to whoever completed them before. npx is left out where its tsx is at hand: it is slow.

const BASH = `# bpf-tasks: source <(npx tsx tasks.ts --completion bash)
_bpf_tasks() {
  local line="\${COMP_LINE:0:COMP_POINT}" word at=-1 i
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  for i in "\${!words[@]}"; do [[ \${words[i]} == *tasks.ts ]] && { at=$i; break; }; done
  if ((at < 0 || at == \${#words[@]} - 1)); then
    compopt -o default 2>/dev/null
    COMPREPLY=()
    return
  fi
  local -a run=("\${words[@]:0:at+1}")
  [[ \${run[0]} == npx && -x node_modules/.bin/tsx ]] && run=(node_modules/.bin/tsx "\${run[@]:2}")
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do COMPREPLY+=("$word"); done \\
    < <("\${run[@]}" --complete "\${words[@]:at+1}" 2>/dev/null)
  # A colon and an equals sign end a word for bash: it replaces only what follows the last one.
  local last="\${words[-1]}" cut=''
  [[ $last == *:* && $COMP_WORDBREAKS == *:* ]] && cut="\${last%"\${last##*:}"}"
  [[ $last == *=* && $COMP_WORDBREAKS == *=* ]] && cut="\${last%"\${last##*=}"}"
  if [[ -n $cut ]]; then
    for i in "\${!COMPREPLY[@]}"; do COMPREPLY[i]="\${COMPREPLY[i]#"$cut"}"; done
  fi
  [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  ((\${#COMPREPLY[@]} == 0)) && compopt -o default 2>/dev/null
}
complete -F _bpf_tasks npx node deno tsx ./tasks.ts`

const ZSH = `# bpf-tasks: source <(npx tsx tasks.ts --completion zsh)
_bpf_tasks() {
  local -i at=\${words[(I)*tasks.ts]}
  if ((at == 0 || at >= CURRENT)); then
    _files
    return
  fi
  local -a run found
  run=("\${(@Q)words[1,at]}")
  [[ $run[1] == npx && -x node_modules/.bin/tsx ]] && run=(node_modules/.bin/tsx "\${(@)run[3,-1]}")
  local line word about
  for line in "\${(@f)$("\${run[@]}" --complete "\${(@Q)words[at+1,CURRENT]}" 2>/dev/null)}"; do
    word=\${line%%$'\\t'*} about=\${line#*$'\\t'}
    [[ -n $word ]] && found+=("\${word//:/\\\\:}\${about:+:$about}")
  done
  if ((\${#found})); then
    _describe -V task found -S ''
  else
    _files
  fi
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u; }
compdef _bpf_tasks npx node deno tsx tasks.ts`

const FISH = `# bpf-tasks: npx tsx tasks.ts --completion fish | source
function __bpf_tasks_at
    set -l words (commandline -opc)
    for i in (seq (count $words))
        if string match -q '*tasks.ts' -- $words[$i]
            echo $i
            return 0
        end
    end
    return 1
end
function __bpf_tasks
    set -l words (commandline -opc)
    set -l at (__bpf_tasks_at); or return
    set -l run $words[1..$at]
    if test "$run[1]" = npx -a -x node_modules/.bin/tsx
        set run node_modules/.bin/tsx $run[3..-1]
    end
    set -l rest
    test (count $words) -gt $at; and set rest $words[(math $at + 1)..-1]
    $run --complete $rest (commandline -ct) 2>/dev/null
end
for command in npx node deno tsx
    complete -c $command -n __bpf_tasks_at -f -a '(__bpf_tasks)'
end`
