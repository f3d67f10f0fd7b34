/** Clerk's three facts, from the `useAuth` of whichever of its packages a site uses: v5 or later. */

'use client'

import type { AuthAdapter } from './auth.js'
import { EstampeProvider, type EstampeProviderProps } from './provider.js'

/** What Clerk's `useAuth` tells that matters here. */
export interface ClerkAuth {
  isLoaded: boolean
  isSignedIn: boolean | undefined
  userId?: string | null | undefined
  orgId?: string | null | undefined
  getToken: (options?: { skipCache?: boolean }) => Promise<string | null>
}

export const clerkAuth = ({ isLoaded, isSignedIn, userId, orgId, getToken }: ClerkAuth): AuthAdapter => ({
  isLoaded,
  isSignedIn,
  getToken,
  identity: isSignedIn ? `${userId} ${orgId ?? ''}` : undefined,
})

export interface ClerkEstampeProviderProps extends Omit<EstampeProviderProps, 'auth'> {
  /** Clerk's own hook, from the package that your `ClerkProvider` is of: two copies of Clerk never meet. */
  useAuth: () => ClerkAuth
}

/** Stands inside `ClerkProvider`. */
export function ClerkEstampeProvider({ useAuth, ...rest }: ClerkEstampeProviderProps) {
  return <EstampeProvider {...rest} auth={clerkAuth(useAuth())} />
}
