// What OpenSSH 9.2 says becomes a block that says what happened, and how to mend it.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostsOf } from '../../../../tasks/bpf/proof/host/hostname.ts'
import { connectionFailure } from '../../../../tasks/bpf/proof/host/sshfailure.ts'

const [host] = hostsOf(['ssh://root@web1:2222'])

test('each way not to get in has its own sentence and hint', () => {
  const cases: readonly (readonly [said: string, what: RegExp, hint: RegExp])[] = [
    [
      'ssh: connect to host web1 port 2222: Connection refused',
      /no SSH server answers on root@web1:2222/,
      /systemctl start ssh/,
    ],
    ['ssh: connect to host web1 port 2222: Connection timed out', /cannot be reached/, /ssh -v/],
    ['ssh: connect to host web1 port 2222: No route to host', /cannot be reached/, /ssh -v/],
    [
      'ssh: Could not resolve hostname web1: Name or service not known',
      /no machine is called root@web1/,
      /\.ssh\/config/,
    ],
    [
      'No ED25519 host key is known for web1.\nHost key verification failed.',
      /not known here/,
      /fingerprint.*ssh ssh:\/\/root@web1:2222/,
    ],
    [
      "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n  ssh-keygen -f '/root/.ssh/known_hosts' -R '[web1]:2222'\nHost key verification failed.",
      /another host key than before/,
      /ssh-keygen -f '\/root\/.ssh\/known_hosts' -R '\[web1\]:2222'/,
    ],
    ['root@web1: Permission denied (publickey).', /refuses your key/, /ssh-copy-id.*\n.*ssh-add/],
    ['something new', /cannot be used over ssh/, /ssh -v/],
  ]
  for (const [said, what, hint] of cases) {
    assert.ok(host)
    const block = connectionFailure(host, said)
    assert.match(block.what, what)
    assert.match(block.hint ?? '', hint)
    const [[, quoted] = []] = block.facts ?? []
    assert.ok(said.includes(quoted?.split('\n').at(-1) ?? '-'), quoted)
  }
})

test.run()
