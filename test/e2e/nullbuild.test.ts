// A null build for which tasks.ts is not evaluated: only where it can have changed in nothing.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runInOwnMounts } from '../support/mounts.ts'
import { skip, testWith } from '../support/needs.ts'
import { DECLARATION, hasDist, Resting, SNAPSHOT } from '../support/resting.ts'
import { deno, type Runtime } from '../support/runtimes.ts'
import { repository, Tree } from '../support/tree.ts'

const BUILD = ['build', '--json']

/** The same tree, with a module of its own, which has one as well. */
function inModules(runtime?: Runtime): Resting {
  return new Resting("import { name } from './more/name.ts'\nvoid name\n", runtime)
}

/** What is done to a tree at rest, or asked of it, so that its declarations may be other ones. */
const OTHERS: Readonly<
  Record<string, (tree: Resting) => undefined | readonly [args: string[], path?: string]>
> = {
  'another task': () => [['two', '--json']],
  'a setting': () => [[...BUILD, 'FLAG=0']],
  'another order of words': () => [['--json', 'build']],
  'a tool may be found elsewhere': (tree) => [BUILD, `${tree.at('other')}:${tree.path['PATH']}`],
  'tasks.ts was touched': (tree) => {
    tree.touch('tasks.ts', 1000)
  },
  'a module was touched': (tree) => {
    tree.touch('more/name.ts', 1000)
  },
  'what a module reads was': (tree) => {
    tree.touch('more/name.json', 1000)
  },
  'the package of the tree was': (tree) => {
    tree.touch('package.json', 1000)
  },
  'there are settings of TypeScript': (tree) => {
    tree.write('tsconfig.json', '{}')
  },
  'a tool leads elsewhere': (tree) => {
    const [from, to] = [tree.at('bin/mycat'), tree.at('bin/theircat')]
    fs.linkSync(from, to)
    fs.linkSync(from, tree.at('bin/another'))
    fs.unlinkSync(from)
    fs.symlinkSync('theircat', from)
  },
  'a tool leads to another name of the same file': (tree) => {
    fs.unlinkSync(tree.at('bin/mycat'))
    fs.symlinkSync('another', tree.at('bin/mycat'))
  },
  'a pattern may take more': (tree) => {
    tree.write('parts/none', '')
  },
  'somebody builds': (tree) => {
    tree.write('build/.tasks/lock', 'nobody')
  },
  'a list of commands is to be kept right': (tree) => {
    tree.write('compile_commands.json', '[]')
  },
}

if (!hasDist())
  skip(test, 'a null build without evaluating tasks.ts', 'dist is not of these sources')
else {
  test('whatever may decide is seen, and once it was looked at, known', () => {
    using tree = inModules()
    for (const [what, change] of Object.entries(OTHERS)) {
      const [args = BUILD, PATH = tree.path['PATH'] ?? ''] = change(tree) ?? []
      assert.not.ok(tree.knows(args, { PATH }), what)
      tree.remove('compile_commands.json')
      tree.untilKnown(20, what)
    }
  })

  test('an edit of a module is one of the declarations', () => {
    using tree = inModules()
    tree.write('more/name.json', '["ALSO"]')
    const { stdout } = tree.run(['--list'], tree.path)
    assert.match(stdout, 'build')
    assert.equal(tree.build(), [])
    tree.write('more/name.ts', "export const name = 'none'\nthrow new Error('evaluated')\n")
    assert.match(tree.run(['build'], tree.path).stderr, 'evaluated')
  })

  test('it says what the build would say, and nothing where nothing is to be said', () => {
    using tree = inModules()
    for (const args of [['build'], ['build', '-q'], ['build', '--json'], ['build', '-v', '-j3']]) {
      const said = (): string => tree.run(args, tree.path).stdout.replace(/"ms":\d+/, '"ms":0')
      const first = said()
      tree.untilKnown(20, args.join(' '), args)
      assert.is(said(), first, args.join(' '))
    }
  })

  test('tasks.ts is evaluated each time where it asks for more than its modules', () => {
    using tree = inModules()
    const tasks = tree.read('tasks.ts')
    for (const more of [
      "import { readFileSync } from 'node:fs'\nvoid readFileSync",
      "import { repository } from './link.ts'\nvoid repository",
      'void Date',
      'const f = (x: { env: unknown }) => x\nf(process)',
      `import '${repository}/tasks/engine/files/disk.ts'`,
      "await import('./more/' + 'name.ts')",
    ]) {
      tree.write('link.ts', "import { sep } from 'node:path'\nexport const repository = sep\n")
      tree.write('tasks.ts', `${more}\n${tasks}`)
      for (let times = 0; times < 3; times++) assert.not.ok(tree.knows(), more)
    }
  })

  test('where a file of the kernel’s decides, whose time says nothing, tasks.ts is evaluated each time', () => {
    using tree = inModules()
    const tasks = tree.read('tasks.ts')
    const kernel = "...[derive([text('/proc/version')], () => 'build/two')]"
    tree.write(
      'tasks.ts',
      `import { text } from '${repository}/tasks/engine/index.ts'\n${tasks.replace("'two', 'build/two']", `'two', ${kernel}]`)}`,
    )
    assert.match(tree.read('tasks.ts'), '/proc/version')
    tree.build()
    for (let times = 0; times < 4; times++) assert.not.ok(tree.knows())
  })

  test('a body runs each time, whatever was to be built before it', () => {
    using tree = inModules()
    const say = "also: task('Say', [all], ({ say }) => say('hello')), two: task("
    tree.write('tasks.ts', tree.read('tasks.ts').replace('two: task(', say))
    for (let times = 0; times < 4; times++) {
      for (const args of [['also'], ['build', 'also'], ['also', 'build']]) {
        assert.match(tree.run(args, tree.path).stdout, 'hello', args.join(' '))
      }
    }
  })

  test('what a task has to say is said by each build, and by a dry run', () => {
    using tree = inModules()
    const notes =
      "{ notes: derive([FLAG], (flag) => (flag === '0' ? [] : ['the flag is ' + flag])) }"
    const tasks = tree.read('tasks.ts')
    tree.write(
      'tasks.ts',
      tasks.replace("'Build it', [all])", `'Build it', [all], undefined, ${notes})`),
    )
    assert.is.not(tree.read('tasks.ts'), tasks)
    for (const args of [
      ['build', 'FLAG=1'],
      ['build', 'FLAG=1'],
      ['build', '-n', 'FLAG=1'],
    ]) {
      assert.match(tree.run(args, tree.path).stderr, 'note: the flag is 1')
    }
    for (let times = 0; times < 3; times++) {
      assert.not.ok(tree.knows(['build', 'FLAG=1']))
      assert.match(tree.run(['build', 'FLAG=1'], tree.path).stderr, 'note: the flag is 1')
    }
    tree.build()
    tree.rest()
    assert.is(tree.run(['build'], tree.path).stderr, '')
  })

  const ofDeno = 'under Deno, which cuts times off, what is edited within the same second is seen'
  const sought = deno()
  if ('lacks' in sought) skip(test, ofDeno, sought.lacks)
  else
    test(ofDeno, () => {
      using tree = inModules(sought.runtime)
      for (const [path, ran] of [
        ['one.c', 'build/one.o'],
        ['second/h.h', 'build/one.o'],
        ['build/two', 'build/two'],
        ['more/name.ts', undefined],
        ['tasks.ts', undefined],
      ] as const) {
        // At once after a build that knew, and once more after the one that saw it.
        for (let times = 0; times < 2; times++) {
          tree.write(path, `${tree.read(path)}\n`)
          const built = tree.build()
          assert.ok(ran === undefined ? built.length === 0 : built.includes(ran), path)
        }
        tree.untilKnown(60, path)
      }
    })

  testWith(
    test,
    ['root'],
    'what lasts while the kernel runs is looked at after another boot',
    () => {
      using tree = new Tree()
      tree.tasks(`const notes = source('/sys/kernel/notes', undefined, 'boot')
const copy = edge({ rule: 'COPY', outputs: ['build/copy'], inputs: [notes], command: ['cp', notes, 'build/copy'] })
await main({ build: task('Build it', [copy]) })
`)
      tree.write('boot', '00000000-0000-0000-0000-000000000000\n')
      /** Does a build look at its files only, and not at what is in them? */
      const isTold = (mount: string): boolean => {
        const before = fs.statSync(tree.at('build/.tasks')).ctimeMs
        const { status, stderr } = runInOwnMounts(tree, mount, ['build'])
        assert.is(status, 0, stderr)
        return fs.statSync(tree.at('build/.tasks')).ctimeMs === before
      }
      assert.equal(tree.ran(['build']), ['build/copy'])
      for (let times = 0; !isTold(':'); times++) assert.ok(times < 60)
      const boot = 'mount --bind boot /proc/sys/kernel/random/boot_id'
      assert.not.ok(isTold(boot))
      // From then on it is of that boot.
      for (let times = 0; !isTold(boot); times++) assert.ok(times < 60)
      assert.not.ok(isTold(':'))
    },
  )

  test('what is foreign, cut off, of another snapshot or sealed by nobody is not believed', () => {
    using tree = inModules()
    const whole = fs.readFileSync(tree.at(DECLARATION))
    const edited = Buffer.from(whole.toString('latin1').replace('"FLAG"', '"GALF"'), 'latin1')
    assert.not.equal(edited, whole)
    const snapshot = fs.readFileSync(tree.at(SNAPSHOT))
    for (const bytes of [
      edited,
      whole.subarray(0, 100),
      Buffer.alloc(0),
      Buffer.alloc(1 << 12, '{}'),
      snapshot,
    ]) {
      fs.writeFileSync(tree.at(DECLARATION), bytes)
      assert.not.ok(tree.knows())
      tree.untilKnown(20)
    }
    // Another file, though of the same bytes: something was written there.
    tree.remove(SNAPSHOT)
    fs.writeFileSync(tree.at(SNAPSHOT), snapshot)
    assert.not.ok(tree.knows())
  })
}

test.run()
