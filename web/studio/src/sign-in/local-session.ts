/** The local issuer: a printed code opens a session, and its cookie, which no script can read, fetches short tokens. */

import { SERVER } from '../server/place'

export interface LocalSession {
  user_id: string
  organizations: { id: string; role: string | null }[]
}

/** The server said no, in the person's language. */
export class NotIn extends Error {
  readonly status: number

  constructor(status: number, said: string) {
    super(said)
    this.status = status
  }
}

const PATIENCE_MS = 15_000

async function ask(method: string, path: string, language: string, body?: object): Promise<Response> {
  const answer = await fetch(`${SERVER}/auth/local/${path}`, {
    method,
    headers: { 'Accept-Language': language, ...(body && { 'Content-Type': 'application/json' }) },
    body: body ? JSON.stringify(body) : null,
    signal: AbortSignal.timeout(PATIENCE_MS),
    cache: 'no-store',
  })
  if (answer.ok) return answer
  const problem = (await answer.json().catch(() => ({}))) as { title?: string; detail?: string }
  throw new NotIn(answer.status, [problem.title, problem.detail].filter(Boolean).join(' '))
}

/** Throws `NotIn` for a code that was used or is too old. */
export const redeem = async (code: string, language: string): Promise<void> =>
  void (await ask('POST', 'session', language, { code }))

/** null where nobody is signed in. */
export async function session(language: string): Promise<LocalSession | null> {
  try {
    return (await (await ask('GET', 'session', language)).json()) as LocalSession
  } catch (error) {
    if (error instanceof NotIn && error.status === 401) return null
    throw error
  }
}

/** null once the session has ended. */
export async function token(organization: string | null, language: string): Promise<string | null> {
  try {
    const answer = await ask('POST', 'token', language, { organization_id: organization })
    return ((await answer.json()) as { token: string }).token
  } catch (error) {
    if (error instanceof NotIn && error.status === 401) return null
    throw error
  }
}

export const close = async (language: string): Promise<void> => void (await ask('DELETE', 'session', language))
