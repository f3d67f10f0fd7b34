/** The way in that the server announces, around the page of whoever is signed in. */

import { lazy, Suspense, useEffect, useState, type ReactNode } from 'react'
import { announced, type SignInMethods } from './announced'
import { cameByLink, LocalSignIn } from './Local'
import { NoWay } from './NoWay'
import { Waiting } from './Waiting'

const AGAIN_MS = 2_000
// Each brings a library that only its own people need.
const OidcSignIn = lazy(() => import('./Oidc'))
const ClerkSignIn = lazy(() => import('./Clerk'))

export function SignIn({ children }: { children: ReactNode }) {
  const { methods, away } = useAnnounced()
  if (!methods) return <Waiting away={away} />
  return (
    <Suspense fallback={<Waiting />}>
      <Way methods={methods}>{children}</Way>
    </Suspense>
  )
}

function Way({ methods, children }: { methods: SignInMethods; children: ReactNode }) {
  const { local, clerk, oidc } = methods
  const [byLink, setByLink] = useState(cameByLink)
  useEffect(() => {
    const come = () => setByLink((before) => before || cameByLink())
    addEventListener('hashchange', come)
    return () => removeEventListener('hashchange', come)
  }, [])
  if (local && (byLink || !(clerk || oidc.length))) return <LocalSignIn>{children}</LocalSignIn>
  if (clerk) return <ClerkSignIn method={clerk}>{children}</ClerkSignIn>
  if (oidc.length) return <OidcSignIn methods={oidc}>{children}</OidcSignIn>
  return <NoWay />
}

function useAnnounced(): { methods: SignInMethods | undefined; away: boolean } {
  const [methods, setMethods] = useState<SignInMethods>()
  const [failures, setFailures] = useState(0)
  useEffect(() => {
    if (methods) return undefined
    let over = false
    const timer = setTimeout(
      () =>
        announced().then(
          (said) => over || setMethods(said),
          () => over || setFailures((count) => count + 1),
        ),
      failures && AGAIN_MS,
    )
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [methods, failures])
  return { methods, away: failures > 0 }
}
