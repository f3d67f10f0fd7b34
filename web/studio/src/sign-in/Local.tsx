/** Sign-in by the printed link. */

import { EstampeProvider, type AuthAdapter } from '@estampe/react'
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react'
import { SERVER } from '../server/place'
import { kept } from '../ui/kept'
import { useLanguage, type Language } from '../ui/language'
import { AccountContext, type Account } from './account'
import { AskForLink } from './AskForLink'
import { close, NotIn, redeem, session, token, type LocalSession } from './local-session'
import { Waiting } from './Waiting'

type State = { session: LocalSession | null | undefined; refusal?: string; away?: boolean }

const AGAIN_MS = 2_000
/** Its value says which organisation, "" the person alone: a taste, and nothing that opens a door. */
const CHOSEN = kept('organization')
/** Where there are other ways in too: the printed link was the one that was taken. */
const BY_LINK = kept('by-link')

/** Whether the person comes with a printed link, or came with one before. */
export const cameByLink = (): boolean => codeHere() !== null || BY_LINK.read() === 'yes'

export function LocalSignIn({ children }: { children: ReactNode }) {
  const { language } = useLanguage()
  const [state, setState] = useState<State>({ session: undefined })
  useArrival(language, setState)
  const ended = useCallback(() => setState({ session: null }), [])
  useEffect(() => {
    if (state.session !== undefined) BY_LINK.write(state.session ? 'yes' : '')
  }, [state.session])
  if (state.session) {
    return (
      <SignedIn session={state.session} language={language} onEnd={ended}>
        {children}
      </SignedIn>
    )
  }
  return state.session === undefined ? <Waiting away={!!state.away} /> : <AskForLink refusal={state.refusal} />
}

/** Redeems a code that the address brings, now or later in the same tab, and never leaves it in the history. */
function useArrival(language: Language, setState: (state: State) => void): void {
  useEffect(() => {
    let over = false
    let timer: ReturnType<typeof setTimeout>
    async function arrive(code: string | null): Promise<void> {
      try {
        const refusal = code ? await refused(code, language) : undefined
        const found = await session(language)
        if (!over) setState({ session: found, ...(refusal && { refusal }) })
      } catch {
        if (over) return
        setState({ session: undefined, away: true })
        timer = setTimeout(() => void arrive(code), AGAIN_MS)
      }
    }
    const come = () => {
      const code = taken()
      if (code) void arrive(code)
    }
    void arrive(taken())
    addEventListener('hashchange', come)
    return () => {
      over = true
      clearTimeout(timer)
      removeEventListener('hashchange', come)
    }
  }, [setState])
}

const codeHere = (): string | null => new URLSearchParams(location.hash.slice(1)).get('code')

function taken(): string | null {
  const code = codeHere()
  if (code) history.replaceState(null, '', location.pathname + location.search)
  return code
}

async function refused(code: string, language: Language): Promise<string | undefined> {
  try {
    await redeem(code, language)
    return undefined
  } catch (error) {
    if (error instanceof NotIn) return error.message
    throw error
  }
}

interface SignedInProps {
  session: LocalSession
  language: Language
  onEnd: () => void
  children: ReactNode
}

function SignedIn({ session, language, onEnd, children }: SignedInProps) {
  const [current, setCurrent] = useState(() => chosenFrom(session))
  const auth = useMemo<AuthAdapter>(
    () => ({
      isLoaded: true,
      isSignedIn: true,
      identity: `${session.user_id} ${current ?? ''}`,
      async getToken() {
        const fresh = await token(current, language)
        if (fresh === null) onEnd()
        return fresh
      },
    }),
    [session, current, language, onEnd],
  )
  const account = useMemo<Account>(
    () => ({
      name: session.user_id,
      organizations: [...session.organizations.map(({ id }) => ({ id, name: id })), { id: null, name: null }],
      current,
      switchTo(id) {
        CHOSEN.write(id ?? '')
        setCurrent(id)
      },
      async signOut() {
        await close(language)
        onEnd()
      },
    }),
    [session, current, language, onEnd],
  )
  return (
    <AccountContext.Provider value={account}>
      <EstampeProvider auth={auth} baseUrl={SERVER} language={language}>
        {children}
      </EstampeProvider>
    </AccountContext.Provider>
  )
}

function chosenFrom({ organizations }: LocalSession): string | null {
  const chosen = CHOSEN.read()
  if (chosen === '') return null
  return organizations.some(({ id }) => id === chosen) ? chosen : (organizations[0]?.id ?? null)
}
