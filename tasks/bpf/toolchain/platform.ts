// The machines of a build: the one that programs are built for, and the one that builds them.
import { type Arg, derive, type Tool } from '../../engine/index.ts'
import { extraCflags, extraLdflags, userCflags, userLdflags } from './compileflags.ts'
import { ar, cc, hostAr, hostCc, hostPkgConfig, pkgConfig } from './programs.ts'
import { settings } from './settings.ts'

/** What C of user space is compiled and linked with for one machine. */
export interface Platform {
  readonly cc: Tool
  readonly ar: Tool
  readonly pkgConfig: Tool
  /** CFLAGS, where a compile has nothing of its own instead. */
  readonly userCflags: Arg
  /** What the user adds to every compile. */
  readonly cflags: Arg
  /** What the user adds to every link. */
  readonly ldflags: Arg
}

/** The machine that programs are built for. */
export const target: Platform = {
  ...{ cc, ar, pkgConfig },
  userCflags,
  cflags: extraCflags,
  ldflags: [userLdflags, extraLdflags],
}

/** This machine, where programs are built for another: what runs during the build is for it. */
export const host: Platform = {
  ...{ cc: hostCc, ar: hostAr, pkgConfig: hostPkgConfig },
  userCflags: [],
  cflags: [],
  ldflags: [],
}

/** Is built for another machine than this? */
export const isCross = derive([settings.CROSS_COMPILE], (prefix) => prefix !== undefined)
