/** What was used, and what is left. */

'use client'

import type { UsageQuery } from '@estampe/client'
import { useQuery } from '@tanstack/react-query'
import { useEstampe } from './provider.js'
import { usageQuery } from './queries.js'

export function useUsage(query?: UsageQuery) {
  const here = useEstampe()
  return useQuery({ ...usageQuery(here, query), enabled: !!here.isSignedIn })
}
