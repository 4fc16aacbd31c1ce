// Kernels as handles: their names, and what is refused.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type KernelsSpec, kernels } from '../../../tasks/bpf/index.ts'
import { type Edge, edge } from '../../../tasks/engine/index.ts'
import { refusal } from '../../support/refusal.ts'

const part = { rule: 'MIN', outputs: ['part'], command: ['make'] } as const

const names = (spec: KernelsSpec): readonly string[] => kernels(spec).map(({ name }) => name)

test('each version is a kernel of each architecture, by any name of that', () => {
  assert.equal(names({ debian: ['5.10', '6.1'] }), ['5.10-x86', '6.1-x86'])
  assert.equal(names({ debian: ['6.1'], arch: ['amd64', 'aarch64'] }), ['6.1-x86', '6.1-arm64'])
})

test('a file is called by its name, or by its folder where every such file has that', () => {
  assert.equal(names({ files: ['kernels/bzImage-6.8', 'lts/arm/Image'], arch: 'arm64' }), [
    'bzImage-6.8-arm64',
    'arm-Image-arm64',
  ])
})

test('a kernel whose BTF is hidden is another one', () => {
  const [kernel] = kernels({ debian: ['6.1'], btf: false })
  assert.is(kernel?.name, '6.1-x86-nobtf')
  assert.is(kernel?.hidesBtf, true)
  assert.is(kernel?.btf, undefined)
})

test('what is found instead of its BTF is a file, or made of its own', () => {
  const own = edge({ rule: 'BTF', outputs: ['own'], command: ['make'] })
  const [file, made] = [
    ...kernels({ debian: ['6.1'], btf: 'btf/6.1' }),
    ...kernels({ debian: ['6.1'], btf: (btf) => edge({ ...part, inputs: [btf] }) }),
  ]
  assert.equal([file?.name, file?.hidesBtf], ['6.1-x86-minbtf', true])
  assert.is(file?.btf?.(undefined), 'btf/6.1')
  assert.equal((made?.btf?.(own) as Edge | undefined)?.inputs, [own])
  assert.match(refusal(() => made?.btf?.(undefined)).what, 'its own BTF is not known')
})

test('what the types would refuse is refused', () => {
  const refused = (spec: unknown) => refusal(() => kernels(spec as KernelsSpec)).what
  assert.match(refused({ debain: ['6.1'] }), 'kernels has no option debain')
  assert.is(refused({ debian: ['bookworm'] }), "kernels: 'bookworm' is not a version")
  assert.is(
    refused({ debian: ['6.1'], arch: 'riscv' }),
    'kernels: there are no guests for this architecture',
  )
  assert.is(refused({}), 'kernels names none')
})

test.run()
