// Settings that every tree has.
import { setting } from './edge.ts'

/** Where results of commands are kept. What is secret is no setting: everybody can see a command line. */
export const cacheSettings = [
  setting(
    'ACTION_CACHE_DIR',
    'folder for results of commands, for all trees; off: none; default ~/.cache/bpf-tasks',
  ),
  setting('ACTION_CACHE', 'server of results, by Bazel’s HTTP protocol: http(s)://…'),
  setting('ACTION_CACHE_MODE', 'read: take results from the server; write: send them, too; off'),
  setting('ACTION_CACHE_CHECK', '1: run what has a result all the same, and compare the bytes'),
] as const

/** For those who always work in a folder of which the system reports no change; as `--poll`. */
export const WATCH_POLL = setting(
  'WATCH_POLL',
  'seconds: -w looks at files so often, instead of waiting for the system',
)

/** See `environment` of an edge for what commands get without it. */
export const PASS_ENV = setting('PASS_ENV', 'names of variables that commands get too: NAME,…')
