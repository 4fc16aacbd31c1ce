// What only some programs need of a machine, and with them the tests; and what the tests look with.
import { headerNeeds, type Need } from '../toolchain/index.ts'

/** Where a manager has no package of something, the tests that need it are skipped, aloud. */
export const testNeeds: readonly Need[] = [
  ...headerNeeds.values(),
  {
    name: 'a compiler for arm64',
    sign: { kind: 'program', program: 'aarch64-linux-gnu-gcc' },
    packages: {
      apt: ['gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross'],
      dnf: ['gcc-aarch64-linux-gnu'],
      pacman: ['aarch64-linux-gnu-gcc'],
      zypper: [],
      apk: [],
    },
  },
  {
    name: 'clang-format',
    sign: { kind: 'program', program: 'clang-format' },
    packages: {
      apt: ['clang-format'],
      dnf: ['clang-tools-extra'],
      pacman: ['clang'],
      zypper: ['clang-tools'],
      apk: ['clang-extra-tools'],
    },
  },
  {
    name: 'a server of results',
    sign: { kind: 'program', program: 'nginx' },
    packages: {
      apt: ['nginx-light'],
      dnf: ['nginx'],
      pacman: ['nginx'],
      zypper: ['nginx'],
      apk: ['nginx'],
    },
  },
  {
    name: 'networks of one machine',
    sign: { kind: 'program', program: 'ip' },
    packages: {
      apt: ['iproute2'],
      dnf: ['iproute'],
      pacman: ['iproute2'],
      zypper: ['iproute2'],
      apk: ['iproute2'],
    },
  },
  {
    name: 'make',
    sign: { kind: 'program', program: 'make' },
    packages: {
      apt: ['make'],
      dnf: ['make'],
      pacman: ['make'],
      zypper: ['make'],
      apk: ['make'],
    },
  },
  {
    name: 'strace',
    sign: { kind: 'program', program: 'strace' },
    packages: {
      apt: ['strace'],
      dnf: ['strace'],
      pacman: ['strace'],
      zypper: ['strace'],
      apk: ['strace'],
    },
  },
  {
    name: 'Go, with github.com/cilium/ebpf where it is packaged',
    sign: { kind: 'program', program: 'go' },
    packages: {
      apt: ['golang-go', 'golang-github-cilium-ebpf-dev'],
      dnf: ['golang'],
      pacman: ['go'],
      zypper: ['go'],
      apk: ['go'],
    },
  },
]
