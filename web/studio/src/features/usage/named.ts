/** What groups of usage are called. */

import { useMe } from '../../server/queries'
import type { Split } from './measures'
import { useWords } from './words'

/** How a group of a split is called: a person, a model or a kind. */
export function useNamed(): (split: Split, group: string) => string {
  const words = useWords()
  const me = useMe().data?.user_id
  return (split, group) => {
    if (split === 'kind') return words.kinds[group] ?? group
    if (split === 'model') return group
    if (group.startsWith('gone_')) return words.nobody
    return group === me ? `${group} (${words.you})` : group
  }
}

/** What a measure is called. */
export function useMeasureName(): (measure: string) => string {
  const words = useWords()
  return (measure) => words.units[measure] ?? (measure.startsWith('cost:') ? words.cost(measure.slice(5)) : measure)
}
