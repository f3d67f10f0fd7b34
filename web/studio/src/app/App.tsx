/** Everything that stands around the pages, from the outside in, and which page an address is. */

import { useEstampe } from '@estampe/react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Redirect, Route, Router, Switch } from 'wouter'
import { Live } from '../server/live'
import { BELOW } from '../server/place'
import { isRefusal, useMe } from '../server/queries'
import { SignIn } from '../sign-in/SignIn'
import { Waiting } from '../sign-in/Waiting'
import { LinkButton } from '../ui/Button'
import { Empty } from '../ui/Empty'
import { LanguageProvider } from '../ui/language'
import { ToastProvider } from '../ui/toast'
import { Broken } from './Broken'
import { PAGES, type Page } from './pages'
import { Shell } from './Shell'
import { Unwelcome } from './Unwelcome'
import { useWords } from './words'

export function App() {
  const [queries] = useState(() => new QueryClient())
  return (
    <LanguageProvider>
      <QueryClientProvider client={queries}>
        <Router base={BELOW}>
          <ToastProvider>
            <SignIn>
              <Inside />
            </SignIn>
          </ToastProvider>
        </Router>
      </QueryClientProvider>
    </LanguageProvider>
  )
}

/** A person in an organisation; another of either starts every page anew. */
function Inside() {
  const { scope, client } = useEstampe()
  const me = useMe()
  useEffect(() => {
    if (isRefusal(me.error)) void me.refetch() // it was said in the other language
  }, [client])
  if (!me.data && isRefusal(me.error)) return <Unwelcome refusal={me.error} onAgain={() => void me.refetch()} />
  if (!me.data) return <Waiting away={me.isError} />
  return (
    <Live key={scope}>
      <Shell>
        <Switch>
          <Route path="/">
            <Redirect to="/generate-images" replace />
          </Route>
          {PAGES.map((page) => (
            <Route key={page.path} path={page.path}>
              <Opened page={page} held={me.data.permissions} />
            </Route>
          ))}
          <Route>
            <Missing />
          </Route>
        </Switch>
      </Shell>
    </Live>
  )
}

function Opened({ page, held }: { page: Page; held: string[] }) {
  const words = useWords()
  if (page.permission && !held.includes(page.permission)) {
    return <Empty title={words.forbidden}>{words.askFor(page.permission)}</Empty>
  }
  const Content = page.content
  return (
    <Broken key={page.name}>
      <Content key={page.name} {...(page.kind && { kind: page.kind })} />
    </Broken>
  )
}

function Missing() {
  const words = useWords()
  return (
    <Empty title={words.missing}>
      <p>{words.mistyped}</p>
      <LinkButton to="/generate-images" tone="primary">
        {words.home}
      </LinkButton>
    </Empty>
  )
}
