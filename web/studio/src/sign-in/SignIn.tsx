/** The way in that the server announces, around the page of whoever is signed in. */

import { lazy, Suspense, useEffect, useState, type ReactNode } from 'react'
import { announced, type SignInMethods } from './announced'
import { LocalSignIn } from './Local'
import { Waiting } from './Waiting'

const AGAIN_MS = 2_000
// Each brings a library that only its own people need.
const OidcSignIn = lazy(() => import('./Oidc'))
const ClerkSignIn = lazy(() => import('./Clerk'))

export function SignIn({ children }: { children: ReactNode }) {
  const { methods, away } = useAnnounced()
  if (!methods) return <Waiting away={away} />
  if (methods.clerk) {
    return (
      <Suspense fallback={<Waiting />}>
        <ClerkSignIn method={methods.clerk}>{children}</ClerkSignIn>
      </Suspense>
    )
  }
  if (methods.oidc.length > 0) {
    return (
      <Suspense fallback={<Waiting />}>
        <OidcSignIn methods={methods.oidc}>{children}</OidcSignIn>
      </Suspense>
    )
  }
  return <LocalSignIn>{children}</LocalSignIn>
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
