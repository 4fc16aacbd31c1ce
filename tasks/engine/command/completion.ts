// What may stand on the command line where Tab is pressed, and the scripts that ask for it.

import { GRAPH_FORMATS, SHELLS, type Shell } from '../build/index.ts'
import {
  familiesOf,
  familyName,
  type Input,
  memberNames,
  type Setting,
  type Tasks,
  taskNamed,
} from '../declare/index.ts'
import type { FamilyNames } from './familynames.ts'
import { COMMANDS, declared, OPTIONS } from './options.ts'

/** Options whose value is a path: the shell completes that. */
const TAKES_PATH = new Set<string>(['-C', '--directory', '--trace'])

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
  names: FamilyNames = new Map(),
): Candidate[] {
  const last = typed.at(-1) ?? ''
  const before = typed.at(-2) ?? ''
  if (TAKES_PATH.has(before)) return []
  const after = typed.slice(0, -1).includes('--') ? namesAfter(typed, tasks, names) : []
  const own = argumentsOf(typed, tasks)
  const named = [...namedTasks(last, tasks, names)]
  const all =
    own === undefined
      ? possible(last, before, typed, tasks, named, settings, files)
      : [...after, ...own]
  return all.filter(({ word }) => word.startsWith(last))
}

/**
 * The tasks. Of a family what comes before NAME, with the colon, until that is typed: the names of sixty
 * tools in each of five families are no choice.
 */
function* namedTasks(last: string, tasks: Tasks, names: FamilyNames): Iterable<Candidate> {
  for (const [word, { about, kind }] of Object.entries(tasks)) {
    if (kind === 'task') yield { word, about }
  }
  for (const [of, { about, member }] of familiesOf(tasks)) {
    const known = names.get(of)
    const { stem = of } = familyName(of) ?? {}
    if (known?.length === 0) continue
    if (known === undefined || !last.startsWith(`${stem}:`)) yield { word: `${stem}:`, about }
    else
      for (const { word, name } of memberNames(of, known)) yield { word, about: member(name).about }
  }
}

/** Where a family's name is awaited apart from it, as in `run -- NAME`. */
function namesAfter(typed: readonly string[], tasks: Tasks, names: FamilyNames): Candidate[] {
  const [task = '', dashes] = typed.slice(-3)
  if (typed.length < 3 || dashes !== '--') return []
  const found = familiesOf(tasks).find(([of]) => familyName(of)?.stem === task)
  if (found === undefined || Object.hasOwn(tasks, task)) return []
  const [of, { member }] = found
  return (names.get(of) ?? []).map((word) => ({ word, about: member(word).about }))
}

/**
 * What may be an argument of a task, as its help shows them: `--accel kvm|tcg` is an option and its values. Nothing
 * stands for FILE: the shell completes that. Undefined where the last word is not an argument of a task.
 */
function argumentsOf(typed: readonly string[], tasks: Tasks): Candidate[] | undefined {
  const [last = '', before = ''] = typed.toReversed()
  const words = typed.slice(0, -1)
  const dashes = words.indexOf('--')
  const asked = words
    .slice(0, dashes === -1 ? undefined : dashes)
    .flatMap((word) => taskNamed(tasks, word)?.task ?? [])
  const task = asked.findLast(
    (one) => one.arguments !== undefined && (dashes !== -1 || one.takesRest),
  )
  if (task === undefined) return dashes === -1 ? undefined : []
  const shown = (task.arguments ?? '').matchAll(/(--[\w-]+)(?: ([^\s\]]+))?/g)
  const options = new Map([...shown].map(([, option = '', values = '']) => [option, values]))
  const values = options.get(before)
  const plain = (list: readonly string[]): Candidate[] => list.map((word) => ({ word, about: '' }))
  if (values !== undefined)
    return plain(values.split('|').filter((word) => /^[a-z\d.]+$/.test(word)))
  return last.startsWith('-') ? plain([...options.keys()]) : []
}

/** The candidates as the scripts read them: a line each, word, tab, what is said of it. */
export function completeText(
  typed: readonly string[],
  tasks: Tasks,
  settings: readonly Setting[],
  names: FamilyNames,
): string {
  const files = outputsOf(Object.values(tasks).map(({ targets }) => targets))
  return candidates(typed, tasks, settings, files, names)
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
  named: readonly Candidate[],
  settings: readonly Setting[],
  files: readonly string[],
): Candidate[] {
  const plain = (words: readonly string[]): Candidate[] =>
    words.map((word) => ({ word, about: '' }))
  const [first] = typed
  if (typed.length > 1 && first === 'query') {
    return typed.length === 2 ? plain(['inputs', 'users', 'path']) : plain(files)
  }
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
    const own = Object.keys(tasks).flatMap((name) =>
      Object.entries(declared(tasks, name)?.options ?? {}),
    )
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

// Each asks the tasks file of the current folder, by the command that is typed, and starts nothing else: of
// the options of a runtime only those are passed on that run no code. All other command lines are left to
// whoever completed them before.

/** Options of node and deno that may stand before tasks.ts, as an extended regular expression. */
const PASSED_ON =
  '^(--import=tsx|--experimental-strip-types|--enable-source-maps|--no-warnings|--disable-warning=[A-Za-z]+|-A|-q|--quiet|--no-check|--allow-[a-z-]+)$'

const SCRIPT = '^(\\./)?tasks\\.m?[jt]s$'

const BASH = `# bpf-tasks: source <(npx tsx tasks.ts --completion bash)
# What answers for the words typed: run, and the place of its last word: at.
_bpf_tasks_runner() {
  local i=1 passed='${PASSED_ON}' script='${SCRIPT}'
  run=("\${words[0]}")
  case "\${words[0]} \${words[1]}" in
    'bpf-tasks '*) at=0; return ;;
    'npx bpf-tasks' | 'npx tsx')
      [[ -x node_modules/.bin/\${words[1]} ]] || return
      run=("node_modules/.bin/\${words[1]}")
      [[ \${words[1]} == bpf-tasks ]] && { at=1; return; }
      i=2 ;;
    'deno run') run=(deno run); i=2 ;;
    'node '* | 'tsx '*) ;;
    './tasks.ts '*) run=(); i=0 ;;
    *) return ;;
  esac
  while [[ \${words[i]} =~ $passed || "\${words[i]} \${words[i+1]}" == '--import tsx' ]]; do
    [[ \${words[i]} == --import ]] && run+=("\${words[i++]}")
    run+=("\${words[i++]}")
  done
  [[ \${words[i]} =~ $script && -f \${words[i]} ]] || return
  run+=("\${words[i]}")
  at=$i
}
_bpf_tasks() {
  local line="\${COMP_LINE:0:COMP_POINT}" word at=-1 i
  local -a words run
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  _bpf_tasks_runner
  COMPREPLY=()
  if ((at < 0 || at == \${#words[@]} - 1)); then
    local before="\${_bpf_tasks_before[\${words[0]}]:-}"
    if [[ -n $before ]]; then "$before" "$@"; else compopt -o default 2>/dev/null; fi
    return
  fi
  while IFS=$'\\t' read -r word _; do COMPREPLY+=("$word"); done \\
    < <("\${run[@]}" --complete "\${words[@]:at+1}" 2>/dev/null)
  # A colon and an equals sign end a word for bash: it replaces only what follows the last one.
  local last="\${words[-1]}" cut=''
  [[ $last == *:* && $COMP_WORDBREAKS == *:* ]] && cut="\${last%"\${last##*:}"}"
  [[ $last == *=* && $COMP_WORDBREAKS == *=* ]] && cut="\${last%"\${last##*=}"}"
  if [[ -n $cut ]]; then
    for i in "\${!COMPREPLY[@]}"; do COMPREPLY[i]="\${COMPREPLY[i]#"$cut"}"; done
  fi
  [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *[=:] ]] && compopt -o nospace 2>/dev/null
  ((\${#COMPREPLY[@]} == 0)) && compopt -o default 2>/dev/null
}
declare -A _bpf_tasks_before
for word in npx tsx node deno; do
  [[ $(complete -p $word 2>/dev/null) =~ ' -F '([^ ]+) && \${BASH_REMATCH[1]} != _bpf_tasks ]] &&
    _bpf_tasks_before[$word]=\${BASH_REMATCH[1]}
done
unset word
complete -F _bpf_tasks bpf-tasks npx tsx node deno ./tasks.ts`

const ZSH = `# bpf-tasks: source <(npx tsx tasks.ts --completion zsh)
# What answers for the words typed: run, and the place of its last word: at.
_bpf_tasks_runner() {
  local passed='${PASSED_ON}' script='${SCRIPT}'
  local -i i=2
  run=($words[1])
  case "$words[1] $words[2]" in
    ('bpf-tasks '*) at=1; return ;;
    ('npx bpf-tasks'|'npx tsx')
      [[ -x node_modules/.bin/$words[2] ]] || return
      run=(node_modules/.bin/$words[2])
      [[ $words[2] == bpf-tasks ]] && { at=2; return }
      i=3 ;;
    ('deno run') run=(deno run); i=3 ;;
    ('node '*|'tsx '*) ;;
    ('./tasks.ts '*) run=(); i=1 ;;
    (*) return ;;
  esac
  while [[ $words[i] =~ $passed || "$words[i] $words[i+1]" == '--import tsx' ]]; do
    [[ $words[i] == --import ]] && { run+=($words[i]); i+=1 }
    run+=($words[i]); i+=1
  done
  [[ $words[i] =~ $script && -f $words[i] ]] || return
  run+=($words[i])
  at=$i
}
_bpf_tasks() {
  local -i at=0
  local -a run found
  _bpf_tasks_runner
  if ((at == 0 || at >= CURRENT)); then
    local before=\${_bpf_tasks_before[$words[1]]-}
    if [[ -n $before ]]; then $before; else _files; fi
    return
  fi
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
typeset -gA _bpf_tasks_before
() {
  local word
  for word in npx tsx node deno; do
    [[ -n \${_comps[$word]-} && $_comps[$word] != _bpf_tasks ]] && _bpf_tasks_before[$word]=$_comps[$word]
  done
}
compdef _bpf_tasks bpf-tasks npx tsx node deno tasks.ts`

const FISH = `# bpf-tasks: npx tsx tasks.ts --completion fish | source
# What answers for the words typed, up to tasks.ts, a line each; then how many words that are.
function __bpf_tasks_runner
    set -l words (commandline -opc)
    set -l i 2
    set -l run $words[1]
    switch "$words[1] $words[2]"
        case 'bpf-tasks *'
            printf '%s\\n' bpf-tasks 1
            return
        case 'npx bpf-tasks' 'npx tsx'
            test -x node_modules/.bin/$words[2]; or return 1
            set run node_modules/.bin/$words[2]
            if test $words[2] = bpf-tasks
                printf '%s\\n' $run 2
                return
            end
            set i 3
        case 'deno run'
            set run deno run
            set i 3
        case 'node *' 'tsx *'
        case './tasks.ts *'
            set run
            set i 1
        case '*'
            return 1
    end
    while true
        set -l next (math $i + 1)
        if string match -qr -- '${PASSED_ON}' "$words[$i]"
            set -a run $words[$i]
            set i $next
        else if test "$words[$i] $words[$next]" = '--import tsx'
            set -a run --import tsx
            set i (math $i + 2)
        else
            break
        end
    end
    string match -qr -- '${SCRIPT}' "$words[$i]"; and test -f $words[$i]; or return 1
    printf '%s\\n' $run $words[$i] $i
end
function __bpf_tasks
    set -l run (__bpf_tasks_runner); or return
    set -l at $run[-1]
    set -e run[-1]
    set -l words (commandline -opc)
    set -l rest
    test (count $words) -gt $at; and set rest $words[(math $at + 1)..-1]
    set -l found ($run --complete $rest (commandline -ct) 2>/dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
for command in bpf-tasks npx tsx node deno ./tasks.ts
    complete -c $command -n '__bpf_tasks_runner >/dev/null' -f -a '(__bpf_tasks)'
end`
