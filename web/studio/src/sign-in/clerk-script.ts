/** Clerk's own scripts, from the instance's front end as Clerk documents it, and the little of them that is used here. */

import { SERVER } from '../server/place'
import type { ClerkDoor } from './announced'

export interface ClerkOrganization {
  id: string
  name: string
}

export interface ClerkUser {
  id: string
  fullName: string | null
  username: string | null
  primaryEmailAddress: { emailAddress: string } | null
  organizationMemberships: { organization: ClerkOrganization }[]
}

export interface Clerk {
  load: (options: object) => Promise<void>
  user: ClerkUser | null | undefined
  session: { getToken: (options?: { skipCache?: boolean }) => Promise<string | null> } | null | undefined
  organization: ClerkOrganization | null | undefined
  /** Calls back at once, and whenever somebody or their organisation changes; gives what stops that. */
  addListener: (changed: () => void) => () => void
  mountSignIn: (place: HTMLDivElement, options?: object) => void
  unmountSignIn: (place: HTMLDivElement) => void
  setActive: (what: { organization: string | null }) => Promise<void>
  signOut: () => Promise<void>
}

declare global {
  interface Window {
    Clerk?: Clerk
    __internal_ClerkUICtor?: unknown
  }
}

const PATIENCE_MS = 15_000
const SCRIPTS = ['@clerk/ui@1/dist/ui.browser.js', '@clerk/clerk-js@6/dist/clerk.browser.js']

let loading: Promise<Clerk> | undefined

/** Once a page. Throws where Clerk's front end does not answer; the next call tries again. */
export const clerk = (method: ClerkDoor, language: string): Promise<Clerk> =>
  (loading ??= loaded(method, language).catch((error: unknown) => {
    loading = undefined
    throw error
  }))

async function loaded(method: ClerkDoor, language: string): Promise<Clerk> {
  await Promise.all(SCRIPTS.map((path) => script(`${method.frontend_api_url}/npm/${path}`, method.publishable_key)))
  const found = window.Clerk
  if (!found) throw new Error('Clerk did not start.')
  await found.load({
    ui: { ClerkUI: window.__internal_ClerkUICtor },
    nonce: document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce,
    telemetry: false,
    afterSignOutUrl: `${SERVER}/`,
    localization: language === 'fr' ? (await import('@clerk/localizations/fr-FR')).frFR : undefined,
  })
  return found
}

function script(src: string, key: string): Promise<void> {
  const element = document.createElement('script')
  element.src = src
  element.async = true
  element.crossOrigin = 'anonymous'
  element.dataset.clerkPublishableKey = key
  return new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Clerk does not answer.')), PATIENCE_MS)
    element.onload = () => {
      clearTimeout(timer)
      resolve()
    }
    element.onerror = () => {
      clearTimeout(timer)
      element.remove()
      reject(new Error('Clerk does not answer.'))
    }
    document.head.append(element)
  })
}
