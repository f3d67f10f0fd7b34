/** The three facts of any OpenID Connect library. */

import type { AuthAdapter } from './auth.js'

export interface OidcFacts {
  isLoading: boolean
  isAuthenticated: boolean
  /** The access token now, or what gets it. */
  accessToken: string | null | undefined | (() => Promise<string | null | undefined>)
  /** Gets another: a silent sign-in, a refresh token. What it resolves to is the token, if it is one. */
  renew?: (() => Promise<unknown>) | undefined
  /** `sub`, and the organisation where there is one. */
  subject?: string | undefined
}

export const oidcAuth = ({ isLoading, isAuthenticated, accessToken, renew, subject }: OidcFacts): AuthAdapter => ({
  isLoaded: !isLoading,
  isSignedIn: isAuthenticated,
  identity: isAuthenticated ? subject : undefined,
  async getToken(options) {
    const renewed = options?.skipCache ? await renew?.() : undefined
    if (typeof renewed === 'string') return renewed
    return typeof accessToken === 'function' ? accessToken() : accessToken
  },
})
