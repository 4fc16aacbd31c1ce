// Go with Debian's packages of it: no module is fetched.
import * as fs from 'node:fs'
import { inPath } from './needs.ts'

/** Where Debian's golang-github-cilium-ebpf-dev is. */
const GOCODE = '/usr/share/gocode'
export const CILIUM = 'github.com/cilium/ebpf'

/** What a command of Go gets so that it looks there. */
export const GO = {
  ...{ GOPATH: GOCODE, GO111MODULE: 'off', GOFLAGS: '', GOCACHE: '/tmp/bpf-tasks-gocache' },
} as const

/** Why Go cannot build here; undefined where it can. */
export const goLack = !inPath('go')
  ? 'no go here'
  : fs.existsSync(`${GOCODE}/src/${CILIUM}`)
    ? undefined
    : `no ${CILIUM} here (Debian: golang-github-cilium-ebpf-dev)`
