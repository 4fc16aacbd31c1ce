// Go files for BPF objects: what bpf2go writes of the same source, built by Go, and loaded.
import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { CILIUM, GO, goLack } from '../support/go.ts'
import { skip, testWith } from '../support/needs.ts'
import { tsxCommand } from '../support/runtimes.ts'
import { Tree } from '../support/tree.ts'

const withGo = (name: string, body: () => void): void =>
  goLack === undefined ? testWith(test, ['clang'], name, body) : skip(test, name, goLack)

const PROGRAM = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "drop.h"
char LICENSE[] SEC("license") = "GPL";
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENTRIES);
	__type(key, port_key);
	__type(value, struct event);
} _events__by_port SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
enum verdict last;
SEC("xdp") int drop_xdp(struct xdp_md *ctx)
{
	port_key key = { .port = 7 };
	struct event event = { .when = 5, .comm = "drop" };
	last = VERDICT_DROP;
	bpf_map_update_elem(&_events__by_port, &key, &event, BPF_ANY);
	return XDP_DROP;
}
SEC("tc") int PassTc(struct __sk_buff *ctx) { return 0; }
`
const HEADER = `#define ENTRIES 16
enum verdict { VERDICT_PASS = 1, VERDICT_DROP = 2 };
typedef struct { __u32 port; } port_key;
struct inner { __u8 a; __u16 b; };
struct event { __u32 pid; char comm[16]; __u64 when; struct inner in[3]; _Bool ok; long last; };
`
const MAIN = `package main

import (
	"fmt"
	"log"

	"github.com/cilium/ebpf/rlimit"
)

func main() {
	if err := rlimit.RemoveMemlock(); err != nil {
		log.Fatal(err)
	}
	var objects dropObjects
	if err := loadDropObjects(&objects, nil); err != nil {
		log.Fatal(err)
	}
	defer objects.Close()
	verdict, _, err := objects.DropXdp.Test(make([]byte, 64))
	if err != nil {
		log.Fatal(err)
	}
	var event dropEvent
	if err := objects.EventsByPort.Lookup(dropPortKey{Port: 7}, &event); err != nil {
		log.Fatal(err)
	}
	fmt.Println(verdict, event.When, string([]byte{byte(event.Comm[0]), byte(event.Comm[3])}), objects.EventsByPort.MaxEntries())
}
`

class GoTree extends Tree {
  constructor() {
    super()
    this.tasks(`
import { foreign } from 'ENGINE'
const bpf = bpfRules({ vmlinux: 'none' })
const object = (endian) => bpf.object('drop.bpf.c', { endian, finish: 'stripped', output: endian + '/drop.bpf.o' })
const objects = { little: object('little'), big: object('big') }
const bindings = bpf.goBindings(objects, { package: 'main', folder: 'cmd', types: ['event', 'verdict'] })
const agent = foreign({
  rule: 'GO', outputs: ['build/agent'], inputs: [bindings, 'cmd/main.go'], directory: 'cmd',
  environment: ${JSON.stringify(GO)},
  command: ['go', 'build', '-o', '../build/agent', '.'],
})
await main({ bindings: task('Bindings', [bindings]), build: task('Build', [agent]) }, bpf.mainOptions)`)
    const [, engine = ''] =
      /from '(.*\/tasks\/engine\/index\.ts)'/.exec(this.read('tasks.ts')) ?? []
    this.write('tasks.ts', this.read('tasks.ts').replace("'ENGINE'", `'${engine}'`))
    this.write('drop.bpf.c', PROGRAM)
    this.write('drop.h', HEADER)
    this.write('cmd/main.go', MAIN)
  }
}

const files = ['cmd/drop_bpfeb.go', 'cmd/drop_bpfeb.o', 'cmd/drop_bpfel.go', 'cmd/drop_bpfel.o']

testWith(
  test,
  ['clang'],
  'each change writes what it must: a type, a name, the object alone',
  () => {
    using tree = new GoTree()
    const built = tree.run(['bindings'])
    assert.is(built.status, 0, built.stderr)
    for (const path of files) assert.ok(tree.exists(path), path)
    assert.match(tree.run(['bindings']).stdout, /nothing to do/)
    const [program = '', ...words] = tsxCommand('bindings', '--explain')
    const { PATH, HOME, TMPDIR } = process.env
    const env = { PATH, HOME, TMPDIR }
    const again = spawnSync(program, words, { cwd: tree.root, env, encoding: 'utf8' })
    assert.match(again.stdout, /nothing to do/, again.stdout + again.stderr)
    const before = tree.read('cmd/drop_bpfel.go')
    tree.write('drop.h', HEADER.replace('ENTRIES 16', 'ENTRIES 32'))
    // What Go says of the object is the same; the object that it embeds is not.
    const ran = tree.ran(['bindings'])
    assert.ok(
      files.every((path) => ran.includes(path)),
      ran.join(' '),
    )
    assert.is(tree.read('cmd/drop_bpfel.go'), before)
    tree.write('drop.h', HEADER.replace('__u32 pid', '__u16 pid'))
    tree.run(['bindings'])
    assert.match(tree.read('cmd/drop_bpfel.go'), /Pid +uint16\n/)
    assert.equal(tree.ran(['bindings']), [])
    tree.write('tasks.ts', tree.read('tasks.ts').replace("'verdict'", "'inner'"))
    assert.equal(tree.ran(['bindings']), ['cmd/drop_bpfeb.go', 'cmd/drop_bpfel.go'])
    tree.write('tasks.ts', tree.read('tasks.ts').replace("'inner'", "'iner'"))
    const { status, stdout, stderr } = tree.run(['bindings'])
    assert.is(status, 1)
    assert.match(stdout + stderr, /the object has no type iner\n\s*did you mean: inner/)
  },
)

withGo('a program of Go is built with them, loads the object, and has its types', () => {
  using tree = new GoTree()
  const built = tree.run(['build'])
  assert.is(built.status, 0, built.stdout + built.stderr)
  assert.match(tree.run(['build']).stdout, /nothing to do/)
  if (process.getuid?.() === 0) {
    const { stdout, stderr } = spawnSync(tree.at('build/agent'), { encoding: 'utf8' })
    assert.is(stdout, '1 5 dp 16\n', stderr)
  }
  tree.write('drop.h', HEADER.replace('ENTRIES 16', 'ENTRIES 32'))
  assert.ok(tree.ran(['build']).includes('build/agent'))
  const formatted = spawnSync('gofmt', ['-l', ...files.filter((path) => path.endsWith('.go'))], {
    cwd: tree.root,
    encoding: 'utf8',
  })
  assert.is(formatted.stdout, '', 'gofmt would write it otherwise')
})

withGo('bpf2go writes the same names and types of the same source', () => {
  using tree = new GoTree()
  const env = {
    ...{ PATH: process.env['PATH'], HOME: process.env['HOME'], GOPACKAGE: 'main' },
    ...GO,
  }
  const theirs = spawnSync(
    'go',
    ['run', `${CILIUM}/cmd/bpf2go`, '-cc', 'clang', '-type', 'event', '-type', 'verdict'].concat([
      'drop',
      'drop.bpf.c',
      '--',
      '-I/usr/include/x86_64-linux-gnu',
      '-I/usr/include/aarch64-linux-gnu',
    ]),
    { cwd: tree.root, env, encoding: 'utf8' },
  )
  assert.is(theirs.status, 0, theirs.stderr)
  assert.is(tree.run(['bindings']).status, 0)
  /** What is declared: no comments, no bodies of functions. */
  const declarations = (path: string): string[] =>
    tree
      .read(path)
      .split('\n')
      .filter((line) => /^(func|type|var|const|\t\S|\t\t\S+ +\S+$|})/.test(line))
      // Ours says whether an enum has a sign, as newer versions of bpf2go do.
      .map((line) => line.replace(/Verdict int32$/, 'Verdict uint32').replace(/ +/g, ' '))
      .filter((line) => !/^\t(spec|reader|return|if|for|}|"|_ "|\/\/)/.test(line))
  for (const name of ['drop_bpfel.go', 'drop_bpfeb.go']) {
    // Their struct of one field is on one line.
    const flat = (path: string): string =>
      declarations(path)
        .join('\n')
        .replace(/struct ?\{\n?\s*(\w+ \w+)\n?\s*\}/g, 'struct { $1 }')
    assert.ok(flat(name).includes('EventsByPort *ebpf.MapSpec'))
    assert.is(flat(`cmd/${name}`), flat(name))
  }
})

test.run()
