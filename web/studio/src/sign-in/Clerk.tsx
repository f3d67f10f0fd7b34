/** Sign-in with Clerk's own component. */

import type { ReactNode } from 'react'
import type { ClerkMethod } from './announced'

export default function ClerkSignIn({ children }: { method: ClerkMethod; children: ReactNode }) {
  return children
}
