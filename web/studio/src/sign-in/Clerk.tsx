/** Sign-in with Clerk's own component. */

import { ClerkEstampeProvider, type ClerkAuth } from '@estampe/react/clerk'
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { SERVER } from '../server/place'
import { inBoth, useLanguage } from '../ui/language'
import { AccountContext, type Account } from './account'
import type { ClerkDoor } from './announced'
import { clerk, type Clerk, type ClerkUser } from './clerk-script'
import { Gate } from './Gate'
import { Waiting } from './Waiting'
import style from './Gate.module.css'

const useWords = inBoth({ title: 'Sign in to begin' }, { title: 'Connectez-vous pour commencer' })
const AGAIN_MS = 3_000

export default function ClerkSignIn({ method, children }: { method: ClerkDoor; children: ReactNode }) {
  const { found, away } = useClerk(method)
  useChanges(found)
  if (!found) return <Waiting away={away} />
  if (!found.user) return <AskClerk clerk={found} />
  return (
    <SignedIn clerk={found} user={found.user}>
      {children}
    </SignedIn>
  )
}

/** Tries again for as long as Clerk does not answer. */
function useClerk(method: ClerkDoor): { found: Clerk | undefined; away: boolean } {
  const { language } = useLanguage()
  const [state, setState] = useState<{ found?: Clerk; failures: number }>({ failures: 0 })
  const { found, failures } = state
  useEffect(() => {
    if (found) return undefined
    let over = false
    const ask = () =>
      clerk(method, language).then(
        (ready) => over || setState({ found: ready, failures: 0 }),
        () => over || setState({ failures: failures + 1 }),
      )
    const timer = setTimeout(() => void ask(), failures && AGAIN_MS)
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [found, failures, method, language])
  return { found, away: failures > 0 }
}

/** Renders again whenever somebody comes, goes, or works as another organisation. */
function useChanges(found: Clerk | undefined): void {
  const [, setChanges] = useState(0)
  useEffect(() => found?.addListener(() => setChanges((count) => count + 1)), [found])
}

function AskClerk({ clerk }: { clerk: Clerk }) {
  const words = useWords()
  const { language } = useLanguage()
  const [spoken] = useState(language)
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (language !== spoken) location.reload() // the component learns its words as it starts
  }, [language, spoken])
  useEffect(() => {
    const here = place.current
    if (!here) return undefined
    const back = location.href.replace(/#.*$/, '')
    clerk.mountSignIn(here, { routing: 'hash', fallbackRedirectUrl: back, signUpFallbackRedirectUrl: back })
    return () => clerk.unmountSignIn(here)
  }, [clerk])
  return (
    <Gate title={words.title}>
      <div ref={place} className={style.component} />
    </Gate>
  )
}

function SignedIn({ clerk, user, children }: { clerk: Clerk; user: ClerkUser; children: ReactNode }) {
  const { language } = useLanguage()
  const current = clerk.organization?.id ?? null
  const getToken = useCallback<ClerkAuth['getToken']>(
    async (options) => (await clerk.session?.getToken(options)) ?? null,
    [clerk],
  )
  const account = useMemo<Account>(
    () => ({
      name: user.fullName || user.username || user.primaryEmailAddress?.emailAddress || user.id,
      organizations: [
        ...user.organizationMemberships.map(({ organization: { id, name } }) => ({ id, name })),
        { id: null, name: null },
      ],
      current,
      switchTo: (organization) => void clerk.setActive({ organization }),
      signOut: () => clerk.signOut(),
    }),
    [clerk, user, current],
  )
  const useAuth = (): ClerkAuth => ({ isLoaded: true, isSignedIn: true, userId: user.id, orgId: current, getToken })
  return (
    <AccountContext.Provider value={account}>
      <ClerkEstampeProvider useAuth={useAuth} baseUrl={SERVER} language={language}>
        {children}
      </ClerkEstampeProvider>
    </AccountContext.Provider>
  )
}
