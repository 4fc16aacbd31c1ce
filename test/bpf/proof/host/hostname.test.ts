// What names another machine, and what does not.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostsOf } from '../../../../tasks/bpf/proof/host/hostname.ts'
import { leadingHosts } from '../../../../tasks/bpf/proof/host/runonhosts.ts'
import { UserError } from '../../../../tasks/engine/index.ts'

test('a host is named as ssh has it, perhaps with a folder there', () => {
  const named = [
    'web1',
    'root@web1',
    'root@web2:/var/tmp',
    'ssh://root@[::1]:2222/srv',
    'ssh://web3',
  ]
  assert.equal(
    hostsOf(named).map(({ name, destination, folder }) => [name, destination, folder]),
    [
      ['web1', 'web1', undefined],
      ['root@web1', 'root@web1', undefined],
      ['root@web2', 'root@web2', '/var/tmp'],
      ['root@[::1]:2222', 'ssh://root@[::1]:2222', '/srv'],
      ['web3', 'ssh://web3', undefined],
    ],
  )
})

test('what is not a host is refused before anything is started, an option of ssh above all', () => {
  for (const name of ['', '-oProxyCommand=sh', 'a b', 'web1:tmp', 'web1:22', 'ssh://', 'a@b@c']) {
    assert.throws(
      () => hostsOf([name]),
      (error: unknown) => error instanceof UserError && error.block.status === 2,
      name,
    )
  }
  assert.throws(() => hostsOf(['a', 'a']), /twice/)
})

test('of run only the first words are ours', () => {
  assert.equal(leadingHosts(['--on', 'a', '--on=b', '--count', '3', '--on', 'x']), {
    names: ['a', 'b'],
    rest: ['--count', '3', '--on', 'x'],
  })
  assert.throws(() => leadingHosts(['--on']), /needs a value/)
})

test.run()
