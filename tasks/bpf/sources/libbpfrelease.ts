// Releases of libbpf, cloned from its repository at commits that are recorded here.
import { type Derived, derive, text, UserError } from '../../engine/index.ts'
import { settings } from '../toolchain/index.ts'

/** The commit of each release's tag: a tag can be moved, what it is built from should not. */
const releases: Readonly<Record<string, string>> = {
  'v1.0.0': 'a0325403afa8a3eca0d3a3e43f43784dc6b47511',
  'v1.0.1': 'a6d7530cb7dff87ac1e64a540e63b67ddde2e0f9',
  'v1.0.2': '488b1d0a58746fbabffbf5e30f88150b20a6d8a8',
  'v1.0.3': '55d31725cd306f546136dcb83a06fac468f82c6d',
  'v1.1.0': '6597330c45d185381900037f0130712cd326ae59',
  'v1.1.1': '7f4496cfcf674fa036fee4818cc9193949ed29f2',
  'v1.1.2': 'c504f227df9b47576a04314df161d76b2261eb4d',
  'v1.2.0': 'fbd60dbff51c870f5e80a17c4f2fd639eb80af90',
  'v1.2.1': 'b9ad50265b1ae083d044d22c073bcf90ca143ff5',
  'v1.2.2': '1728e3e4bef0e138ea95ffe62163eb9a6ac6fa32',
  'v1.2.3': 'a3f1d7e0fe100f6dacf58504b4f50284b6f3eb8f',
  'v1.3.0': '20c0a9e3d7e7d4aeb283eae982543c9cacc29477',
  'v1.3.1': '34bbba32ea2c8cc7a072af0bb55baeff3cb7c7cc',
  'v1.3.2': '821aa7883773d0d82e9bfe64a82578c11790d1e3',
  'v1.3.3': 'c394219493a3300808685bcf945b0d41c94fa1fb',
  'v1.3.4': 'bf3ffb69f3bba7e5f3552d35b066e3f09e61b2a8',
  'v1.4.0': '20ea95b4505c477af3b6ff6ce9d19cee868ddc5d',
  'v1.4.1': '63738ed87620255b217ec155cfa1448086798748',
  'v1.4.2': '1b357586a7a62db7fe27af4ebe4bdefe6986cfd6',
  'v1.4.3': 'f8c6e0393d4be665fc0b584266b2a1354a71835e',
  'v1.4.4': '92943f3d40f33d6ad1491f056a13f4056d28dd65',
  'v1.4.5': 'a5086158dc90593b4e4b3ddbafab9bdaf9ec97ef',
  'v1.4.6': 'fdf402b384cc42ce29bb9e27011633be3cbafe1e',
  'v1.4.7': 'ca72d0731f8c693bd98caba70d951fc0bfe20788',
  'v1.5.0': '09b9e83102eb8ab9e540d36b4559c55f3bcdb95d',
  'v1.5.1': 'b4fa3e39a77fd65574fb5f899486795fc3d89bd9',
  'v1.6.0': 'da08818f4f3b6a8f6d15617184de9a6c34c5b642',
  'v1.6.1': 'ba4eca3f152d92adfea38d55d5f66a9850b93973',
  'v1.6.2': '45e89348ec74617c11cd5241ccd0ffc91dfd03c4',
  'v1.6.3': '3b4f0ef5a6fa247ce1958d909c0e85e760249840',
  'v1.7.0': 'f5dcbae736e5d7f83a35718e01be1a8e3010fa39',
}

/** A release to clone: its tag, the commit that it must be at, and where its clone is. */
export interface Release {
  readonly tag: string
  readonly commit: string
  /** Relative to the root. */
  readonly folder: string
}

/**
 * What `LIBBPF=git:TAG` or `git:TAG@COMMIT` names.
 * @param name what stands after `git:`
 * @param out folder of what is made
 * @throws UserError for a tag without a recorded commit
 */
export function releaseOf(name: string, out: string): Release {
  const [tag = '', given] = name.split('@')
  const commit = given ?? releases[tag]
  if (commit === undefined || !/^[\w.][\w.-]*$/.test(tag)) throw noSuchTag(tag)
  return { tag, commit, folder: `${out}/src/libbpf-${tag}` }
}

/**
 * The folder of the clone that `git:NAME` asks for.
 * Asking for it throws a UserError where there is none yet, or one at another commit.
 */
export function libbpfClone(name: string, out: string): Derived<string> {
  const { tag, commit, folder } = releaseOf(name, out)
  return derive([settings.LIBBPF_GIT, text(`${folder}/.git/HEAD`)], (repository = '', head) => {
    const at = head?.trim()
    if (at === commit) return folder
    // A branch that has no commit yet: the clone was begun and not brought to its end.
    if (at === undefined || at.startsWith('ref:')) {
      throw new UserError({
        what: `libbpf ${tag} is not cloned yet`,
        facts: [['set by', `LIBBPF=git:${name}`]],
        hint: `clone it: npx tsx tasks.ts libbpf:fetch LIBBPF=git:${name}`,
      })
    }
    throw new UserError({
      what: `the clone of libbpf’s ${tag} is not at the commit that is recorded for it`,
      facts: [
        ['recorded', commit],
        ['it is at', at],
        ['cloned from', repository],
      ],
      hint: `if that commit is right: LIBBPF=git:${tag}@${at}\nto clone it again: rm -r ${folder}`,
    })
  })
}

/**
 * The commands that clone a release. Three rather than `git clone`, which would begin from nothing after
 * each failure; each may be run again.
 */
export function cloneCommands(repository: string, { tag, folder }: Release): readonly string[][] {
  const git = ['git', '-C', folder]
  return [
    ['git', 'init', '--quiet', folder],
    [...git, 'fetch', '--quiet', '--depth', '1', repository, `refs/tags/${tag}`],
    [...git, '-c', 'advice.detachedHead=false', 'checkout', '--quiet', 'FETCH_HEAD'],
  ]
}

function noSuchTag(tag: string): UserError {
  return new UserError({
    what: `no commit is recorded for a tag ${tag} of libbpf`,
    facts: [['recorded', Object.keys(releases).join(' ')]],
    hint: 'name one of these, or a tag with its commit: LIBBPF=git:TAG@COMMIT',
    status: 2,
  })
}
