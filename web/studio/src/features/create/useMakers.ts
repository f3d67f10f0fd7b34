/** The models that live workers announce, asked for again soon while there are none. */

import type { Model } from '@estampe/client'
import { modelsQuery, useEstampe } from '@estampe/react'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { START, takes } from './draft'

const NONE_AGAIN_MS = 3_000
const AGAIN_MS = 60_000
/** What a still picture can become, where a model starts from one. */
const MOVES: Record<string, string> = { image: 'video' }

export interface Makers {
  /** Of the kind; undefined while that is not known. */
  models: Model[] | undefined
  error: unknown
  /** The kind that a print can be brought to life as. */
  livens: string | undefined
}

export function useMakers(kind: string): Makers {
  const { data, error } = useQuery({
    ...modelsQuery(useEstampe()),
    refetchInterval: ({ state }) => (state.data?.length ? AGAIN_MS : NONE_AGAIN_MS),
  })
  return useMemo(() => {
    const moving = MOVES[kind]
    const livens = data?.some((model) => model.kind === moving && takes(model, START)) ? moving : undefined
    return { models: data?.filter((model) => model.kind === kind), error, livens }
  }, [data, error, kind])
}
