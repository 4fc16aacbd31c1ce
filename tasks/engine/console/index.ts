// The door of engine/console: events to what a person, --json or GitHub sees.
export { type Console, type ConsoleOptions, makeConsole, PLAIN } from './console.ts'
export { seconds } from './progress.ts'
export { reasonText } from './reasontext.ts'
export { clearScreen, Standard } from './standardoutput.ts'
