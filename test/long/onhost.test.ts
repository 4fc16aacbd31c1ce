// verify, check and run on other machines: real servers of OpenSSH, and every way in which that can fail.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inPath, skip, testWith } from '../support/needs.ts'
import { OtherNetwork, SshServer, sshLack, USER } from '../support/sshserver.ts'
import { Started } from '../support/startedrun.ts'
import { eventsOf, type Ran, repository, Tree } from '../support/tree.ts'

let shared: Tree | undefined

/** helloworld with its check, built once. */
function tree(): Tree {
  if (shared !== undefined) return shared
  const made = new Tree()
  shared = made
  process.once('exit', () => made[Symbol.dispose]())
  cpSync(`${repository}/projects`, made.at('projects'), { recursive: true })
  made.write(
    'tasks.ts',
    `import { bpfRules, treeTasks } from '${repository}/tasks/bpf/index.ts'
import { helloworldCheck } from '${repository}/tasks/demos/index.ts'
import { main } from '${repository}/tasks/engine/index.ts'
const bpf = bpfRules({ out: 'build' })
const marked = bpf.project('marked').loader('projects/marked_execve/marked_execve.c')
const object = bpf.object('projects/helloworld/helloworld.bpf.c')
const loader = bpf.loader('projects/helloworld/helloworld.c', { skeletons: [bpf.skeleton(object)] })
await main(treeTasks(bpf, [object, loader], { checks: { helloworld: helloworldCheck(marked) } }), bpf.mainOptions)
`,
  )
  return made
}

function hostTest(name: string, act: () => Promise<void>): void {
  const lack = sshLack()
  if (lack === undefined) testWith(test, ['bpf', 'btf', 'clang', 'mounts'], name, act)
  else skip(test, name, lack)
}

function run(server: SshServer, args: readonly string[], more: Record<string, string> = {}): Ran {
  return tree().run(args, { ...environmentOf(server), ...more })
}

/** What ssh makes here for a moment is in the tree: a run that is killed cannot remove it. */
function environmentOf(server: SshServer): Readonly<Record<string, string>> {
  mkdirSync(tree().at('tmp'), { recursive: true })
  return { ...server.environment, TMPDIR: tree().at('tmp') }
}

/** The one failure of a run, as text. */
function failureOf({ stdout, status, stderr }: Ran): string {
  assert.is(status, 1, stdout + stderr)
  const blocks = eventsOf(stdout).flatMap((event) => (event.type === 'failure' ? [event] : []))
  assert.is(blocks.length, 1, stdout)
  const [block] = blocks
  return [block?.what, ...(block?.facts ?? []).map((fact) => fact.join(' ')), block?.hint].join(
    '\n',
  )
}

async function nothingIsLeft(server: SshServer, seconds = 20, folder?: string): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (server.left(folder).length > 0 && performance.now() < end) await pause(50)
  assert.equal(server.left(folder), [])
}

hostTest(
  'two machines are verified at once, a column each, and nothing is left there',
  async () => {
    await using server = await SshServer.start()
    await using other = await SshServer.start({ sftp: false })
    other.accept('')
    const both = `${server.folder}/both`
    writeFileSync(
      both,
      `Match host ${server.address} exec "test %p = ${server.port}"\n IdentityFile ${server.folder}/user\n UserKnownHostsFile ${server.folder}/known_hosts\nMatch all\n IdentityFile ${other.folder}/user\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n`,
    )
    const hosts = ['--on', server.name(), '--on', `${other.name()}/tmp`]
    const ran = run(server, ['verify', '--', ...hosts, '--junit', 'junit.xml'], {
      SSH: `ssh -F ${both}`,
    })
    assert.is(ran.status, 0, ran.stdout + ran.stderr)
    const [a, b] = [server, other].map(({ address, port }) => `root@${address}:${port}`)
    assert.match(
      ran.stdout,
      new RegExp(`${a}: Linux \\S+: 1 OK, 0 rejected\n${b}: Linux \\S+: 1 OK`),
    )
    assert.match(
      ran.stdout,
      new RegExp(`tool +program +${a} +${b}\nhelloworld +bpf_prog +OK, \\d+ insns +OK`),
    )
    assert.match(tree().read('junit.xml'), `<testsuite name="${a} (`)
    assert.equal([...server.left(), ...other.left()], [])
    assert.equal(
      other.left('/tmp').filter((name) => name.startsWith('bpf-tasks.')),
      [],
    )
  },
)

hostTest('an object that lies outside of the tree is verified there too', async () => {
  using outside = new Tree()
  await using server = await SshServer.start()
  tree().run(['build'])
  cpSync(tree().at('build/helloworld.bpf.o'), outside.at('other.bpf.o'))
  const ran = run(server, ['verify', '--', '--on', server.name(), outside.at('other.bpf.o')])
  assert.is(ran.status, 0, ran.stdout + ran.stderr)
  assert.match(ran.stdout, /^other +bpf_prog +\d+ .* OK$/m)
})

hostTest('a check runs there and is judged here, trace_pipe included', async () => {
  await using server = await SshServer.start()
  const ran = run(server, ['check:helloworld', '--json', '--', '--on', server.name()])
  assert.is(ran.status, 0, ran.stdout + ran.stderr)
  assert.match(ran.stdout, '"root@127.0.0.1:')
  assert.match(ran.stdout, ':"OK"')
  assert.equal(server.left(), [])
})

hostTest(
  'a program runs there with its arguments and its status, and ends with the run',
  async () => {
    await using server = await SshServer.start()
    const on = ['--', '--on', server.name()]
    const timed = run(server, ['run:helloworld', ...on, '--duration', '0.2'])
    assert.is(timed.status, 0, timed.stderr)
    assert.match(timed.stdout, 'helloworld: stopped')
    assert.is(
      run(server, ['run:helloworld', ...on, '--no-such-option']).status,
      64,
      'EX_USAGE of argp',
    )
    const started = new Started(tree().start(['run:helloworld', ...on], environmentOf(server)))
    await started.wrote('helloworld: started')
    started.child.kill('SIGINT')
    assert.is((await started.ended).status, 130)
    await nothingIsLeft(server)
  },
)

hostTest('with a terminal, its keys reach the program there, and its trace is shown', async () => {
  if (!inPath('script')) return skip(test, 'a terminal', 'no script here (util-linux)')
  await using server = await SshServer.start()
  const words = [...tree().command, 'run:helloworld', '--', '--on', server.name()]
  const command = words.map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    cwd: tree().root,
    env: { ...process.env, ...environmentOf(server), ACTION_CACHE_DIR: 'off' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  let isAsked = false
  child.stdout.setEncoding('utf8').on('data', (text) => {
    shown += text
    if (isAsked || !/helloworld: started[\s\S]*bpf_trace_printk: .*Hello, World!\r\n/.test(shown))
      return
    isAsked = true
    child.stdin.write('\u0003')
  })
  const again = setInterval(() => spawnSync('true'), 50)
  const status = await new Promise((resolve) => child.on('close', resolve))
  clearInterval(again)
  assert.is(status, 0, shown)
  assert.match(shown, 'helloworld: stopped\r\n')
  assert.equal(server.left(), [])
})

hostTest('a run that is killed leaves nothing there either', async () => {
  await using server = await SshServer.start()
  const started = new Started(
    tree().start(['run:helloworld', '--', '--on', server.name()], environmentOf(server)),
  )
  await started.wrote('helloworld: started')
  started.child.kill('SIGKILL')
  await started.ended
  await nothingIsLeft(server)
})

hostTest('who is not root goes through sudo, and without it nothing is copied', async () => {
  using sudo = new Tree()
  sudo.write(
    'sudo.c',
    "#include <string.h>\n#include <unistd.h>\nint main(int argc, char **argv)\n{\n\tint i = 1;\n\twhile (i < argc && argv[i][0] == '-')\n\t\ti++;\n\treturn setuid(0) || execvp(argv[i], argv + i);\n}\n",
  )
  execFileSync('cc', ['-o', sudo.at('sudo'), sudo.at('sudo.c')])
  execFileSync('chmod', ['4755', sudo.at('sudo')])
  execFileSync('chmod', ['755', sudo.root])
  const PATH = `${sudo.root}:/usr/bin:/bin:/usr/sbin:/sbin`
  await using server = await SshServer.start({ environment: { PATH } })
  const ran = run(server, ['verify', '--', '--on', server.name(USER)])
  assert.is(ran.status, 0, ran.stdout + ran.stderr)
  assert.match(ran.stdout, ': 1 OK, 0 rejected')
  assert.equal(server.left(), [])
  const checked = run(server, ['check:helloworld', '--', '--on', server.name(USER)])
  assert.is(checked.status, 0, checked.stdout + checked.stderr)
  assert.equal(server.left(), [])
  sudo.write('sudo', "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n")
  const refused = failureOf(run(server, ['verify', '--json', '--', '--on', server.name(USER)]))
  assert.match(refused, /tester may not become root on tester@\S+ without a password/)
  assert.match(refused, 'sudo -n sudo: a password is required')
  assert.match(refused, /NOPASSWD/)
  assert.equal(server.left(), [])
})

hostTest('each way not to get in is one block that says how to mend it', async () => {
  await using server = await SshServer.start()
  const verify = ['verify', '--json', '--', '--on', server.name()]
  const known = `[${server.address}]:${server.port}`
  server.accept('')
  assert.match(
    failureOf(run(server, verify)),
    /is not known here: nobody has accepted its host key[\s\S]*ssh ssh:/,
  )
  const foreign = execFileSync('cat', [`${server.folder}/other.pub`], { encoding: 'utf8' })
  server.accept(`${known} ${foreign}`)
  assert.match(
    failureOf(run(server, verify)),
    /has another host key than before[\s\S]*ssh-keygen -f .*-R/,
  )
  const host = execFileSync('cat', [`${server.folder}/host.pub`], { encoding: 'utf8' })
  server.accept(`${known} ${host}`)
  server.useKey('other')
  assert.match(failureOf(run(server, verify)), /refuses your key[\s\S]*ssh-copy-id/)
  const elsewhere = ['verify', '--json', '--', '--on', 'ssh://root@127.0.0.1:1']
  assert.match(failureOf(run(server, elsewhere)), /no SSH server answers/)
  const unnamed = ['verify', '--json', '--', '--on', 'no-such-machine.invalid']
  assert.match(failureOf(run(server, unnamed)), /no machine is called no-such-machine.invalid/)
  const bad = run(server, ['verify', '--', '--on', '-oProxyCommand=touch pwned'])
  assert.is(bad.status, 2)
  assert.not(tree().exists('pwned'))
})

hostTest('a machine that does not fit is refused before anything runs there', async () => {
  const tmpfs = (options: string): string => `mount -t tmpfs -o ${options} tmpfs "$0/tmp"`
  {
    await using small = await SshServer.start({ mounts: tmpfs('size=64k') })
    const full = failureOf(run(small, ['verify', '--json', '--', '--on', small.name()]))
    assert.match(
      full,
      /there is no room on root@\S+ [\s\S]*needed [\d.]+ MB\nfree 0\.1 MB[\s\S]*\/var\/tmp/,
    )
    assert.equal(small.left(), [])
  }
  {
    const fill = 'mount -t tmpfs -o size=64k tmpfs "$0/tmp"; cat /dev/zero >"$0/tmp/x" 2>&- || :'
    await using filled = await SshServer.start({
      mounts: `${fill}; mount -o remount,nr_inodes=2 "$0/tmp"`,
    })
    const full = failureOf(run(filled, ['verify', '--json', '--', '--on', filled.name()]))
    assert.match(full, /there is no room/)
    assert.equal(filled.left(), ['x'])
  }
  {
    await using closed = await SshServer.start({ mounts: tmpfs('noexec') })
    const refused = failureOf(run(closed, ['verify', '--json', '--', '--on', closed.name()]))
    assert.match(
      refused,
      /programs cannot be run in \S+ on root@[\s\S]*noexec[\s\S]*--on ssh:\S+\/var\/tmp/,
    )
    assert.equal(closed.left(), [])
  }
  {
    using fake = new Tree()
    fake.write('uname', '#!/bin/sh\n[ "$1" = -m ] && echo aarch64 || exec /usr/bin/uname "$@"\n')
    execFileSync('chmod', ['755', fake.at('uname'), fake.root])
    const PATH = `${fake.root}:/usr/bin:/bin:/usr/sbin:/sbin`
    await using arm = await SshServer.start({ environment: { PATH } })
    const refused = failureOf(run(arm, ['verify', '--json', '--', '--on', arm.name()]))
    assert.match(refused, /is a aarch64, and the tree is built for x86[\s\S]*ARCH=arm64/)
    assert.equal(arm.left(), [])
  }
})

hostTest('a connection that is cut is said, and what ran there ends', async () => {
  await using server = await SshServer.start()
  const started = new Started(
    tree().start(['run:helloworld', '--', '--on', server.name()], environmentOf(server)),
  )
  await started.wrote('helloworld: started')
  server.cut()
  const { status, stderr } = await started.ended
  assert.is(status, 1)
  assert.match(stderr, /error: the connection to root@\S+ was cut while a program ran/)
  await nothingIsLeft(server)
})

const netLack = sshLack() ?? (inPath('ip') ? undefined : 'no ip here (iproute2)')
const silent =
  'over another network, with a cut that nobody reports: both ends notice it by themselves'
if (netLack !== undefined) skip(test, silent, netLack)
else
  testWith(test, ['bpf', 'btf', 'clang', 'mounts'], silent, async () => {
    using network = new OtherNetwork()
    const { name: namespace, address } = network
    await using server = await SshServer.start({ namespace, address })
    const check = run(server, ['check:helloworld', '--', '--on', server.name()])
    assert.is(check.status, 0, check.stdout + check.stderr)
    assert.equal(server.left(), [])
    const args = ['run:helloworld', '--', '--on', server.name(), '--duration', '300']
    const started = new Started(tree().start(args, environmentOf(server)), 60_000)
    await started.wrote('helloworld: started')
    network.break()
    const { status, stderr } = await started.ended
    assert.is(status, 1)
    assert.match(stderr, 'was cut while a program ran')
    assert.is(server.left().length, 1)
    await nothingIsLeft(server, 90)
    const down = failureOf(run(server, ['verify', '--json', '--', '--on', server.name()]))
    assert.match(down, /root@10\.213\.77\.2:22022 cannot be reached[\s\S]*ssh -v/)
  })

test.run()
