/** Who is signed in, or the way in. */

'use client'

import { SignInButton, UserButton, useAuth } from '@clerk/nextjs'

export function Account() {
  const { isLoaded, isSignedIn } = useAuth()
  if (!isLoaded) return null
  return isSignedIn ? <UserButton /> : <SignInButton>Se connecter</SignInButton>
}
