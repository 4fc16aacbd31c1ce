// What helloworld must show: a greeting in the kernel's trace for each process that is executed.
import type { Check, Evidence, Loader } from '../bpf/index.ts'
import { markedExecves } from './marked_execve.ts'

export function helloworldCheck(marked: Loader): Check {
  return {
    ready: 'helloworld: started',
    cases: [
      { name: 'a greeting for each process', trigger: [marked], trace: true, judge: greetings },
    ],
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
