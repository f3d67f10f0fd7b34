/**
 * One function a step, for those who hold a token and a job id. The token is required by type: a string is used as it
 * is, a function (Clerk's `getToken`) is asked again whenever the last token has grown old.
 */

import { Estampe } from './client.js'
import type { Options } from './connection.js'
import type { Accepted, GenerateImage, GenerateVideo, Result, Snapshot } from './generated.js'
import { pageLanguage, type Language } from './language.js'
import type { CallOptions, CreateOptions } from './resources.js'
import type { WaitOptions } from './follow.js'
import { checked, Tokens, type Token, type TokenSource } from './token.js'

export type Place = Pick<Options, 'baseUrl' | 'language' | 'fetch'>

/** Throws « Token d'authentification manquant » where there is no token. */
export function createAuthHeaders(token: string, language?: Language): { Authorization: string }
export function createAuthHeaders(token: TokenSource, language?: Language): Promise<{ Authorization: string }>
export function createAuthHeaders(token: Token, language: Language = pageLanguage()) {
  const written = (held: string) => ({ Authorization: `Bearer ${held}` })
  return typeof token === 'function'
    ? new Tokens(token, language).get().then(written)
    : written(checked(token, language))
}

const on = (token: Token, { baseUrl, language, fetch }: Place = {}) => new Estampe({ baseUrl, language, fetch, token })

export const createImageGeneration = (
  data: GenerateImage,
  token: Token,
  options?: Place & CreateOptions,
): Promise<Accepted> => on(token, options).images.create(data, options)

export const fetchImageStatus = (jobId: string, token: Token, options?: Place & CallOptions): Promise<Snapshot> =>
  on(token, options).images.status(jobId, options)

export const fetchImageResult = (jobId: string, token: Token, options?: Place & CallOptions): Promise<Result> =>
  on(token, options).images.result(jobId, options)

/** The job, once it succeeded. Throws `JobUnsuccessful` when it did not. */
export const pollImageGenerationStatus = (
  jobId: string,
  token: Token,
  onProgress?: (job: Snapshot) => void,
  options?: Place & WaitOptions,
): Promise<Snapshot> => on(token, options).images.wait(jobId, { onProgress, ...options })

export const createVideoGeneration = (
  data: GenerateVideo,
  token: Token,
  options?: Place & CreateOptions,
): Promise<Accepted> => on(token, options).videos.create(data, options)

export const fetchVideoStatus = (jobId: string, token: Token, options?: Place & CallOptions): Promise<Snapshot> =>
  on(token, options).videos.status(jobId, options)

export const fetchVideoResult = (jobId: string, token: Token, options?: Place & CallOptions): Promise<Result> =>
  on(token, options).videos.result(jobId, options)

/** The job, once it succeeded. Throws `JobUnsuccessful` when it did not. */
export const pollVideoGenerationStatus = (
  jobId: string,
  token: Token,
  onProgress?: (job: Snapshot) => void,
  options?: Place & WaitOptions,
): Promise<Snapshot> => on(token, options).videos.wait(jobId, { onProgress, ...options })
