/** How people may sign in here, as the server announces it. */

import type { ClerkDoor, Door, SignInMethods } from '@estampe/client'
import { SERVER } from '../server/place'

export type { ClerkDoor, Door, SignInMethods }

const PATIENCE_MS = 10_000

/** Throws while the server does not answer. */
export async function announced(): Promise<SignInMethods> {
  const answer = await fetch(`${SERVER}/auth/methods`, { signal: AbortSignal.timeout(PATIENCE_MS) })
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  return (await answer.json()) as SignInMethods
}
