/** How people may sign in here, as the server announces it. */

import { SERVER } from '../server/place'

export interface OidcMethod {
  issuer: string
  name: string
  client_id: string
  scopes: string[]
  authorization_endpoint: string
  token_endpoint: string
  end_session_endpoint: string | null
  /** Which of the tokens the API takes. */
  token: 'id_token' | 'access_token'
  /** Whom an access token must be asked for; `resource` is the same, where it is an address. */
  audience: string | null
  resource: string | null
}

export interface ClerkMethod {
  publishable_key: string
  frontend_api_url: string
}

export interface SignInMethods {
  local: boolean
  clerk: ClerkMethod | null
  oidc: OidcMethod[]
}

const PATIENCE_MS = 10_000

/** Throws while the server does not answer. */
export async function announced(): Promise<SignInMethods> {
  const answer = await fetch(`${SERVER}/auth/methods`, { signal: AbortSignal.timeout(PATIENCE_MS) })
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  return (await answer.json()) as SignInMethods
}
