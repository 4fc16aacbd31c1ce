// Which variables of the runner commands get, and which of them count.

/** What a command gets without declaring it, and without a say in what it makes. */
const HANDED_ON = /^(PATH|HOME|USER|TMPDIR|TERM|(CCACHE|SCCACHE|DISTCC|ICECC)_.*)$/

/** The same, with a say. */
const COUNTED = /^(NIX_.*|LD_LIBRARY_PATH|CCACHE_(CC|COMPILER|PATH|PREFIX)|ICECC_(CC|CXX|VERSION))$/

/** What describes a session of a terminal, and no program that compiles asks for. */
const SESSION =
  /^(_|PWD|OLDPWD|INIT_CWD|SHLVL|SHELL|LOGNAME|MAIL|EDITOR|VISUAL|PAGER|LESS.*|LS_COLORS|COLORTERM|DISPLAY|(LC|HIST|SSH|SUDO|XDG|DBUS|WAYLAND|GPG|TERM|npm)_.*|LANG|LANGUAGE|NODE.*|PASS_ENV|(NO|FORCE)_COLOR|CLICOLOR.*)$/

/**
 * What commands get of the environment. The locale is fixed, so that what they say can be read.
 * @param asked names that the user passes on besides, with commas between them
 * @returns `variables` for commands; those of them that count; names of others, which a tool may miss
 */
export function commandEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  asked: string,
) {
  const names = new Set(asked.split(/[\s,]+/))
  const variables: Record<string, string> = { LC_ALL: 'C.UTF-8' }
  const counted: Record<string, string> = {}
  const withheld: string[] = []
  for (const name of Object.keys(environment).sort()) {
    const value = environment[name] ?? ''
    if (COUNTED.test(name) || (names.has(name) && !HANDED_ON.test(name))) counted[name] = value
    else if (HANDED_ON.test(name)) variables[name] = value
    else if (!SESSION.test(name)) withheld.push(name)
  }
  return { variables: { ...variables, ...counted }, counted, withheld }
}
