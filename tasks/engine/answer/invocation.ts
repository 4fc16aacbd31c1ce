// A declared command as it is started, when all that it asks for is known.
import type { Invocation } from '../base/index.ts'
import type { Edge } from '../declare/index.ts'
import type { Answers } from './answers.ts'

/** The command of an edge with its folder and its variables; one without words is not set. */
export function invocationOf(edge: Edge, answers: Answers): Invocation {
  const environment: Record<string, string> = {}
  for (const [name, value] of Object.entries(edge.environment)) {
    const words = answers.words(value)
    if (words.length > 0) environment[name] = words.join(' ')
  }
  return {
    command: answers.words(edge.command),
    ...(edge.directory === '.' ? {} : { directory: edge.directory }),
    ...(Object.keys(environment).length === 0 ? {} : { environment }),
  }
}
