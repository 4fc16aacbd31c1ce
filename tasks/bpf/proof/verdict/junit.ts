// Findings as JUnit XML, as GitLab, Jenkins and others read it: a suite for each kernel, a case for each finding.
import { type Finding, type KernelFindings, kernelTitle, outcomeWord } from './findings.ts'

/** The whole file. A finding that nobody expected is a failure; what is unsupported or left out is skipped. */
export function junitText(columns: readonly KernelFindings[]): string {
  const suites = columns.map(suiteLines)
  const cases = columns.flatMap(({ findings }) => findings)
  const failures = cases.filter(({ expected }) => !expected).length
  const errors = columns.filter(({ problem }) => problem !== undefined).length
  const total = attributes({ name: 'bpf-tasks', tests: cases.length + errors, failures, errors })
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${total}>`,
    ...suites.flat(),
    '</testsuites>',
  ]
  return `${lines.join('\n')}\n`
}

function suiteLines(column: KernelFindings): string[] {
  const { kernel, machine, host = 'localhost', ms, findings, problem } = column
  const skipped = findings.filter(isSkipped).length
  const errors = problem === undefined ? 0 : 1
  const head = attributes({
    name: kernelTitle(column),
    hostname: host,
    tests: findings.length + errors,
    failures: findings.filter(({ expected }) => !expected).length,
    errors,
    skipped,
    time: seconds(ms),
  })
  const known = { kernel, machine }
  const properties = Object.entries(known).map(
    ([name, value]) => `      <property${attributes({ name, value })}/>`,
  )
  return [
    `  <testsuite${head}>`,
    ...['    <properties>', ...properties, '    </properties>'],
    ...findings.flatMap(caseLines),
    ...(problem === undefined ? [] : problemLines(column, problem)),
    '  </testsuite>',
  ]
}

function caseLines(finding: Finding): string[] {
  const { kind, tool, name, expected, at, ms, why = '' } = finding
  const head = attributes({
    classname: `${kind}.${tool}`,
    name,
    ...(at === undefined ? {} : { file: at.file, line: at.line }),
    time: seconds(ms),
  })
  if (!expected) {
    const message = attributes({ message: firstLine(why), type: outcomeWord(finding) })
    return [
      `    <testcase${head}>`,
      `      <failure${message}>${escaped(detailText(finding))}</failure>`,
      '    </testcase>',
    ]
  }
  if (isSkipped(finding)) {
    const message = attributes({
      message: `${outcomeWord(finding)}${why && `: ${firstLine(why)}`}`,
    })
    return [`    <testcase${head}>`, `      <skipped${message}/>`, '    </testcase>']
  }
  return [`    <testcase${head}/>`]
}

function problemLines(column: KernelFindings, problem: string): string[] {
  const head = attributes({
    classname: 'kernel',
    name: kernelTitle(column),
    time: seconds(column.ms),
  })
  const message = attributes({ message: firstLine(problem) })
  return [
    `    <testcase${head}>`,
    `      <error${message}>${escaped(problem)}</error>`,
    '    </testcase>',
  ]
}

function isSkipped({ expected, outcome }: Finding): boolean {
  return expected && (outcome === 'unsupported' || outcome === 'left out')
}

/** All that is known of a finding, as text. */
function detailText({ why = '', at, log = [], hint }: Finding): string {
  return [
    ...(at === undefined ? [] : [`${at.file}:${at.line}`]),
    ...log.filter((line) => line !== why),
    why,
    ...(hint === undefined ? [] : [hint]),
  ].join('\n')
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(`${value}`).replaceAll('"', '&quot;')}"`)
    .join('')
}

/** Text as XML 1.0 may hold it: most control characters may not be there in any form. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
