/** Who is signed in, as three facts that every sign-in library knows; no React here. */

import { EstampeError, type Language, type TokenSource } from '@estampe/client'

export type Kind = 'image' | 'video'

export interface SignIn {
  isLoaded: boolean
  isSignedIn: boolean | undefined
}

export interface AuthAdapter extends SignIn {
  /** A token of who is signed in; with `skipCache`, one that was never given before. */
  getToken: TokenSource
  /** Names who that is, organisation included: whoever comes next sees nothing of theirs. */
  identity?: string | undefined
}

const WORDS = {
  fr: {
    auth_not_loaded: 'Authentification non chargée',
    image: 'Vous devez être connecté pour générer des images',
    video: 'Vous devez être connecté pour générer des vidéos',
  },
  en: {
    auth_not_loaded: 'Authentication not loaded',
    image: 'You must be signed in to generate images',
    video: 'You must be signed in to generate videos',
  },
}

/** Throws where nobody is known to be signed in, before any request. */
export function requireSignedIn(auth: SignIn, kind: Kind, language: Language): void {
  const words = WORDS[language]
  if (!auth.isLoaded) throw new EstampeError('auth_not_loaded', words.auth_not_loaded)
  if (!auth.isSignedIn) throw new EstampeError('signed_out', words[kind])
}
