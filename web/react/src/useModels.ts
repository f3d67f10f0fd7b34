/** What can be made. */

'use client'

import { useQuery } from '@tanstack/react-query'
import { useEstampe } from './provider.js'
import { modelsQuery } from './queries.js'

export function useModels() {
  const here = useEstampe()
  return useQuery({ ...modelsQuery(here), enabled: !!here.isSignedIn })
}
