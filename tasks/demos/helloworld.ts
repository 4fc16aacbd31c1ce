// helloworld: a tracepoint, its skeleton, and a loader that embeds it.
import type { BpfRules, Demo, Evidence, Program } from '../bpf/index.ts'
import { markedExecves } from './marked_execve.ts'

export function helloworld(bpf: BpfRules, marked: Program): Demo {
  const project = bpf.project('helloworld')
  const object = project.object('projects/helloworld/helloworld.bpf.c')
  const skeletons = [project.skeleton(object)]
  const main = project.userObject('projects/helloworld/helloworld.c', { skeletons })
  return {
    name: 'helloworld',
    object,
    loader: project.loader(main),
    staticLoader: project.loader(main, { static: true }),
    check: {
      ready: 'helloworld: started',
      cases: [
        { name: 'a greeting for each process', trigger: [marked], trace: true, judge: greetings },
      ],
    },
  }
}

/**
 * A line of the trace is `COMM-PID [CPU] FLAGS TIME: bpf_trace_printk: TEXT`. COMM is what the kernel
 * noted of that process last, which may be `<...>` or a name from before: only PID is asked for.
 */
function greetings({ stdout, trace, trigger }: Evidence): string[] {
  const greeted = trace.flatMap((line) => {
    const pid = /-(\d+) +\[\d+\] .*: bpf_trace_printk: .*Hello, World!$/.exec(line)?.[1]
    return pid === undefined ? [] : [Number(pid)]
  })
  const missing = markedExecves(trigger)
    .filter(({ pid }) => !greeted.includes(pid))
    .map(({ case: name, pid }) => `${name}: no greeting for process ${pid} in the trace`)
  const ended = stdout.includes('helloworld: stopped')
  return ended ? missing : [...missing, 'it did not say that it stopped']
}
