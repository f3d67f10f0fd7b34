/** Sign-in at an OpenID issuer: code flow with PKCE. */

import { EstampeProvider, type AuthAdapter } from '@estampe/react'
import { useEffect, useMemo, useState, type ReactNode } from 'react'
import { SERVER } from '../server/place'
import { useLanguage } from '../ui/language'
import { AccountContext, type Account } from './account'
import type { Door } from './announced'
import { AskAtIssuer } from './AskAtIssuer'
import { refusal } from './oidc-flow'
import { leave, whoIsHere, type OidcSession } from './oidc-session'
import { Waiting } from './Waiting'

type State = { session: OidcSession | null | undefined; error?: unknown; leaving?: boolean }

export default function OidcSignIn({ methods, children }: { methods: Door[]; children: ReactNode }) {
  const [state, setState] = useState<State>({ session: undefined })
  useEffect(() => {
    let over = false
    whoIsHere(methods).then(
      (session) => over || setState({ session }),
      (error: unknown) => over || setState({ session: null, error }),
    )
    return () => {
      over = true
    }
  }, [methods])
  if (state.session) {
    return (
      <SignedIn session={state.session} onEnd={(error) => setState({ session: null, error })}>
        {children}
      </SignedIn>
    )
  }
  if (state.session === undefined || state.leaving) return <Waiting />
  return (
    <AskAtIssuer
      methods={methods}
      error={state.error}
      onChoose={(method) => {
        setState({ session: null, leaving: true })
        leave(method).catch((error: unknown) => setState({ session: null, error }))
      }}
    />
  )
}

interface SignedInProps {
  session: OidcSession
  onEnd: (error?: unknown) => void
  children: ReactNode
}

function SignedIn({ session, onEnd, children }: SignedInProps) {
  const { language } = useLanguage()
  const { sub, name, preferred_username: called, email } = session.claims
  const auth = useMemo<AuthAdapter>(
    () => ({
      isLoaded: true,
      isSignedIn: true,
      identity: `${session.method.issuer} ${sub}`,
      async getToken(options) {
        try {
          return await session.token(!!options?.skipCache)
        } catch (error) {
          if (!refusal(error)) throw error // the issuer does not answer: the page stays, and asks again
          onEnd(error)
          return null
        }
      },
    }),
    [session, sub],
  )
  const account = useMemo<Account>(() => {
    const shown = [name, called, email, sub].find((said): said is string => typeof said === 'string' && said !== '')
    return {
      name: shown!,
      organizations: [],
      current: null,
      switchTo() {},
      async signOut() {
        if (!session.end()) onEnd()
      },
    }
  }, [session, name, called, email, sub])
  return (
    <AccountContext.Provider value={account}>
      <EstampeProvider auth={auth} baseUrl={SERVER} language={language}>
        {children}
      </EstampeProvider>
    </AccountContext.Provider>
  )
}
