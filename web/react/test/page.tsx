/** A page of the hooks, for a browser that the tests drive: each piece shows on the page what its hook says. */

import { pageLanguage, type Language } from '@estampe/client'
import {
  EstampeProvider,
  useImageGeneration,
  useJob,
  useJobs,
  useModels,
  useUsage,
  useVideoGeneration,
  type AuthAdapter,
} from '@estampe/react'
import { ClerkEstampeProvider } from '@estampe/react/clerk'
import { oidcAuth } from '@estampe/react/oidc'
import { StrictMode, useEffect, useState, version, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'

const said = new URLSearchParams(location.search)
const baseUrl = said.get('service')!
const asked: string[] = []

const token = async (user: string, org: string, fresh?: boolean) => {
  asked.push(fresh ? 'fresh' : 'any')
  const answer = await fetch(`/token?user=${user}&ttl=${said.get('ttl') ?? 60}${org && `&org=${org}&role=org:member`}`)
  return answer.text()
}

interface Who {
  user: string
  org: string
  isLoaded: boolean
}

function Generation({ prompt }: { prompt: string }) {
  const { generateImage, status, progress, result, error, cancel, reset, isLoading } = useImageGeneration()
  return (
    <section id="image">
      <button id="generate" onClick={() => void generateImage({ prompt, width: 64, height: 64 })}>
        generate
      </button>
      <button id="cancel" onClick={() => void cancel()}>
        cancel
      </button>
      <button id="reset" onClick={reset}>
        reset
      </button>
      <output id="status">{status}</output>
      <output id="loading">{String(isLoading)}</output>
      <progress value={progress?.fraction ?? 0} />
      {error && <p role="alert">{error.message}</p>}
      {result && <img src={result.outputs[0]!.url} alt={prompt} />}
    </section>
  )
}

/** As a page that makes something at once does: React's strict mode runs the effect twice. */
function AtOnce({ prompt }: { prompt: string }) {
  const { generateVideo, status } = useVideoGeneration()
  useEffect(() => {
    generateVideo({ prompt, num_frames: 8, width: 64, height: 64 }).catch(() => {})
  }, [generateVideo, prompt])
  return <output id="video">{status}</output>
}

function Lists() {
  const jobs = useJobs({ limit: 2 })
  const models = useModels()
  const usage = useUsage({ group_by: ['kind'] })
  const first = useJob(jobs.data?.[0]?.job_id)
  return (
    <section>
      <output id="jobs">{jobs.data?.map((job) => `${job.parameters['prompt']}: ${job.status}`).join(', ')}</output>
      <button id="more" disabled={!jobs.hasNextPage} onClick={() => void jobs.fetchNextPage()}>
        more
      </button>
      <output id="first">{first.data?.status}</output>
      <output id="models">{models.data?.map((model) => model.name).join(', ')}</output>
      <output id="usage">{usage.data?.rows.map((row) => `${row.kind} ${row.succeeded}`).join(', ')}</output>
    </section>
  )
}

function Around({ who, language, children }: { who: Who; language: Language | undefined; children: ReactNode }) {
  const { user, org, isLoaded } = who
  const getToken = (options?: { skipCache?: boolean }) => token(user, org, options?.skipCache)
  const facts = { isLoaded, isSignedIn: !!user, userId: user, orgId: org, getToken }
  const identity = said.get('auth') === 'unnamed' ? undefined : `${user} ${org}`
  const plain: AuthAdapter = { isLoaded, isSignedIn: !!user, getToken, identity }
  const renew = () => token(user, org, true)
  const oidc = oidcAuth({
    isLoading: !isLoaded,
    isAuthenticated: !!user,
    accessToken: () => token(user, org),
    renew,
    subject: user + org,
  })
  if (said.get('auth') === 'clerk') {
    return (
      <ClerkEstampeProvider useAuth={() => facts} baseUrl={baseUrl}>
        {children}
      </ClerkEstampeProvider>
    )
  }
  return (
    <EstampeProvider auth={said.get('auth') === 'oidc' ? oidc : plain} baseUrl={baseUrl} language={language}>
      {children}
    </EstampeProvider>
  )
}

function Page() {
  const [who, setWho] = useState<Who>({ user: said.get('user') ?? '', org: '', isLoaded: said.get('loaded') !== 'no' })
  const [shown, show] = useState(said.get('show')?.split(' ') ?? [])
  const [language, speak] = useState<Language>()
  const prompt = said.get('prompt') ?? 'a red apple'
  Object.assign(window, { setWho, show, speak, asked, react: version, language: pageLanguage() })
  return (
    <Around who={who} language={language}>
      {shown.includes('image') && <Generation prompt={prompt} />}
      {shown.includes('at-once') && <AtOnce prompt={prompt} />}
      {shown.includes('lists') && <Lists />}
    </Around>
  )
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Page />
  </StrictMode>,
)
