// The one `import()` of the chunks of `dist`. tsx makes every file that has one anew, with a map of each of its
// words: in the chunk that most runs load, that took 0.2 s.

/** @param name a file beside this one, or a package */
export const demand = (name: string): Promise<unknown> => import(name)
