/** Estampe learns from Clerk who is signed in. */

'use client'

import { useAuth } from '@clerk/nextjs'
import { ClerkEstampeProvider } from '@estampe/react/clerk'
import type { ReactNode } from 'react'

export function Providers({ children }: { children: ReactNode }) {
  return <ClerkEstampeProvider useAuth={useAuth}>{children}</ClerkEstampeProvider>
}
