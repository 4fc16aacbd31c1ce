// helloworld: a tracepoint, its skeleton, and a loader that embeds it.
import type { BpfRules, Demo, Evidence, Program } from '../bpf/index.ts'
import { markedExecves } from './marked_execve.ts'

export function helloworld(bpf: BpfRules, marked: Program): Demo {
  const project = bpf.project('helloworld')
  const source = 'projects/helloworld/helloworld.c'
  const object = project.object('projects/helloworld/helloworld.bpf.c')
  const skeletons = [project.skeleton(object)]
  return {
    name: 'helloworld',
    object,
    loader: project.loader(source, { skeletons }),
    staticLoader: project.loader(source, { skeletons, static: true }),
    check: {
      ready: 'helloworld: started',
      cases: [
        { name: 'a greeting for each process', trigger: [marked], trace: true, judge: greetings },
      ],
    },
  }
}

/**
 * A line of the trace is `COMM-PID [CPU] FLAGS TIME: bpf_trace_printk: TEXT`; COMM is `<...>` where
 * the kernel did not note it, which it does only now and then: Documentation/trace/ftrace.rst.
 */
function greetings({ stdout, trace, trigger }: Evidence): string[] {
  const missing = markedExecves(trigger).flatMap(({ case: name, pid, comm }) => {
    const names = [`${comm}-${pid} `, `<...>-${pid} `]
    const isGreeting = (line: string): boolean =>
      names.some((start) => line.trimStart().startsWith(start)) && line.endsWith(': Hello, World!')
    return trace.some(isGreeting) ? [] : [`${name}: no greeting for process ${pid} in the trace`]
  })
  const ended = stdout.includes('helloworld: stopped')
  return ended ? missing : [...missing, 'it did not say that it stopped']
}
