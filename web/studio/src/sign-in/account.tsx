/** Who is signed in, for the page around the work: a name, the organisations, the ways out. */

import { createContext, useContext } from 'react'

export interface Organization {
  /** null is the person alone. */
  id: string | null
  name: string | null
}

export interface Account {
  name: string
  organizations: Organization[]
  current: string | null
  switchTo: (id: string | null) => void
  signOut: () => Promise<void>
}

export const AccountContext = createContext<Account | null>(null)

/** Inside the page of somebody signed in. */
export function useAccount(): Account {
  const found = useContext(AccountContext)
  if (!found) throw new Error('Nobody is signed in here.')
  return found
}
