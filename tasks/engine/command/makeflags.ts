// Turns the options of the make that started this run into options of ours.
//
// https://www.gnu.org/software/make/manual/html_node/Options_002fRecursion.html

/** Letters of make, and what they are here. A file cannot be marked as made (-t) without making it. */
const OURS: Readonly<Record<string, string>> = {
  n: '--dry-run',
  t: '--dry-run',
  q: '--check',
  k: '--keep-going',
  B: '--force',
  s: '--quiet',
}

/**
 * The options in MAKEFLAGS. Its first word has make's short options without a dash, if there are any:
 * `kn -j4 --jobserver-auth=…`, ` -j4`.
 */
export function optionsOfMake(makeFlags: string | undefined): string[] {
  const [letters = ''] = (makeFlags ?? '').split(' ')
  if (!/^[A-Za-z]+$/.test(letters)) return []
  return [...new Set([...letters].flatMap((letter) => OURS[letter] ?? []))]
}
