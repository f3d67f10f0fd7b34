/** Who is signed in and where the server is, for the hooks below. */

'use client'

import { Estampe, pageLanguage, type Language } from '@estampe/client'
import { QueryClient, QueryClientContext, QueryClientProvider } from '@tanstack/react-query'
import { createContext, useContext, useInsertionEffect, useMemo, useState, type ReactNode } from 'react'
import type { AuthAdapter, SignIn } from './auth.js'
import type { Site } from './queries.js'

export interface EstampeProviderProps {
  auth: AuthAdapter
  /** Where the server is: `NEXT_PUBLIC_ESTAMPE_URL` where it is left out. */
  baseUrl?: string | undefined
  /** The page's where it is left out. */
  language?: Language | undefined
  children?: ReactNode
}

export interface EstampeContext extends Site, SignIn {
  language: Language
}

const Context = createContext<EstampeContext | null>(null)
let strangers = 0

/** Uses the TanStack Query client around it, or brings one. */
export function EstampeProvider({ auth, baseUrl, language, children }: EstampeProviderProps) {
  const [own] = useState(() => new QueryClient())
  const around = useContext(QueryClientContext)
  const site = useSite(auth, baseUrl, language)
  const { isLoaded, isSignedIn } = auth
  const value = useMemo(
    () => ({ client: site.client, scope: site.scope, isLoaded, isSignedIn, language: language ?? pageLanguage() }),
    [site, isLoaded, isSignedIn, language],
  )
  const inside = <Context.Provider value={value}>{children}</Context.Provider>
  return around ? inside : <QueryClientProvider client={own}>{inside}</QueryClientProvider>
}

/**
 * A client for each person: nobody is given a token, a job or a list of who was here before. The adapter may be a new
 * object at each render, so what it says decides. Who speaks another language is the same person, whose work goes on.
 */
function useSite(auth: AuthAdapter, baseUrl: string | undefined, language: Language | undefined) {
  const { isSignedIn, identity } = auth
  const person = useMemo(
    () => ({ scope: identity ?? `#${(strangers += 1)}`, latest: auth }),
    [identity, isSignedIn], // of `auth`, the latest is kept below
  )
  const site = useMemo(() => {
    const client = new Estampe({ baseUrl, language, token: (options) => person.latest.getToken(options) })
    return { client, scope: person.scope } satisfies Site
  }, [baseUrl, language, person])
  useInsertionEffect(() => {
    person.latest = auth
  }, [person, auth])
  return site
}

export function useEstampe(): EstampeContext {
  const found = useContext(Context)
  if (!found) throw new Error('Put <EstampeProvider> around what uses Estampe.')
  return found
}
