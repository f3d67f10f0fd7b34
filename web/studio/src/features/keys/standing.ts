/** How a key stands, until when a new one lasts, and how it is tried. */

import type { KeyFacts, Permission } from '@estampe/client'

export type Standing = 'active' | 'soon' | 'expired' | 'withdrawn'

export const LASTINGS = ['30', '90', '365', 'never', 'own'] as const
export type Lasting = (typeof LASTINGS)[number]

const DAY_MS = 86_400_000
const SOON_MS = 7 * DAY_MS

export function standing({ revoked_at, expires_at }: KeyFacts, now = Date.now()): Standing {
  if (revoked_at !== null) return 'withdrawn'
  if (expires_at === null) return 'active'
  const left = Date.parse(expires_at) - now
  if (left <= 0) return 'expired'
  return left < SOON_MS ? 'soon' : 'active'
}

export const isOver = (key: KeyFacts): boolean => ['expired', 'withdrawn'].includes(standing(key))

/** null: never; undefined: `day`, which is lived to its end where the person is, is none to come. */
export function expiry(lasting: Lasting, day: string, now = Date.now()): string | null | undefined {
  if (lasting === 'never') return null
  if (lasting !== 'own') return new Date(now + Number(lasting) * DAY_MS).toISOString()
  const end = new Date(`${day}T23:59:59`)
  return end.getTime() > now ? end.toISOString() : undefined
}

const ROUTES: [Permission, string][] = [
  ['images:generate', '/api/images/generate'],
  ['videos:generate', '/api/videos/generate'],
]

/** A line for a terminal that uses the key for what it may do. */
export function curl(server: string, key: string, scopes: string[], prompt: string): string {
  const [, path] = ROUTES.find(([scope]) => scopes.includes(scope)) ?? []
  const head = `curl -s ${server}${path ?? '/api/me'} \\\n  -H "Authorization: Bearer ${key}"`
  if (!path) return head
  return `${head} \\\n  -H "Content-Type: application/json" -H "Prefer: wait=20" \\\n  -d '{"prompt": "${prompt}"}'`
}
