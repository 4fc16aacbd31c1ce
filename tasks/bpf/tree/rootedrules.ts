// The rules of a tree in a folder of its own, whose tasks.ts another one imports: its paths are of that folder.
import { pathsFrom } from '../../engine/index.ts'
import type { BpfRules, LinkedOptions, PlaceOption, TreeOptions, VariantRules } from './bpfrules.ts'
import {
  type Here,
  objectsHere,
  optionsHere,
  projectHere,
  sourceHere,
  sourcesHere,
  toolsHere,
  treeHere,
} from './rootedpaths.ts'

/**
 * @param root the folder, absolute; the rules are those of the root of the build where it is that
 * @param make the rules by options whose paths are named from the root of the build
 */
export function rootedRules(
  root: string,
  options: Omit<TreeOptions, 'root'>,
  make: (options: Omit<TreeOptions, 'root'>) => BpfRules,
): BpfRules {
  const here = pathsFrom(root)
  const from = here('.')
  const isOwn = from === '.'
  const rules = make(isOwn ? options : treeHere(here, from, options))
  const rooted = { ...rules, mainOptions: { ...rules.mainOptions, root } }
  return isOwn ? Object.freeze(rooted) : rulesHere(rooted, here, from)
}

function rulesHere<Rules extends BpfRules>(rules: Rules, here: Here, from: string): Rules {
  /** As the folder itself names it: for functions that its tasks.ts gives. */
  const own: Here = (path) => (path.startsWith(`${from}/`) ? path.slice(from.length + 1) : path)
  const placed = <T extends PlaceOption>(options: T): T => {
    const { place } = options
    return typeof place === 'function'
      ? { ...options, place: (source: string) => place(own(source)) }
      : options
  }
  const loader: BpfRules['loader'] = (source: never, more: LinkedOptions = {}) =>
    rules.loader(sourceHere(here, source) as never, optionsHere(here, more))
  const mapped: Partial<BpfRules> = {
    project: (name, more = {}) =>
      rulesHere(rules.project(name, projectHere(here, more)), here, from),
    object: (source, more = {}) => rules.object(sourceHere(here, source), optionsHere(here, more)),
    objects: (patterns, more = {}) =>
      rules.objects(sourcesHere(here, patterns), placed(optionsHere(here, more))),
    userObject: (source, more = {}) =>
      rules.userObject(sourceHere(here, source), optionsHere(here, more)),
    userObjects: (patterns, more = {}) =>
      rules.userObjects(sourcesHere(here, patterns), placed(optionsHere(here, more))),
    archive: (name, objects, more) => rules.archive(name, objectsHere(here, objects), more),
    sharedLibrary: (name, objects, more = {}) =>
      rules.sharedLibrary(name, objectsHere(here, objects), optionsHere(here, more)),
    plugin: (name, objects, more = {}) =>
      rules.plugin(name, objectsHere(here, objects), optionsHere(here, more)),
    loader,
    tools: (patterns, more = {}) =>
      rules.tools(sourcesHere(here, patterns), toolsHere(here, own, more)),
    variants: (axes) => {
      const { named } = axes
      const all = rules.variants(
        named === undefined
          ? axes
          : {
              ...axes,
              named: Object.fromEntries(
                Object.entries(named).map(([name, more]) => [name, projectHere(here, more)]),
              ),
            },
      )
      return all.map((one): VariantRules => rulesHere(one, here, from))
    },
    minCoreBtf: (btf, objects, more) => rules.minCoreBtf(sourceHere(here, btf), objects, more),
    goBindings: (objects, more) =>
      rules.goBindings(
        objects,
        typeof more?.folder === 'string' ? { ...more, folder: here(more.folder) } : more,
      ),
    embedded: (file, name) => rules.embedded(sourceHere(here, file), name),
  }
  return Object.freeze({ ...rules, ...mapped })
}
