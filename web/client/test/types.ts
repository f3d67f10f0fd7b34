/** What must compile, and what must not: checked by tsc, never run. */

import { auth, useAuth } from './clerk.js'
import {
  createAuthHeaders,
  createImageGeneration,
  Estampe,
  fetchImageStatus,
  isEstampeError,
  pollImageGenerationStatus,
  type Accepted,
  type ErrorCode,
} from '@estampe/client'

const { getToken } = useAuth()

export const accepted: Promise<Accepted> = createImageGeneration({ prompt: 'x' }, getToken)
export const headers: { Authorization: string } = createAuthHeaders('token')
export const later: Promise<{ Authorization: string }> = createAuthHeaders(getToken)
void pollImageGenerationStatus('job', getToken, ({ progress }) => progress?.fraction, { timeoutMs: 1 })
void new Estampe({ token: getToken }).videos.generate({ prompt: 'x', num_frames: 8 })

void new Estampe({ token: (await auth()).getToken }).me()
void new Estampe({ token: (request) => (request?.skipCache ? 'fresh' : null) }).me()

// @ts-expect-error the token is required
void createImageGeneration({ prompt: 'x' })
// @ts-expect-error what Clerk gives may be null: pass `getToken` itself, or look first
void fetchImageStatus('job', await getToken())
// @ts-expect-error
createAuthHeaders(undefined)
// @ts-expect-error the token is required
void new Estampe({ baseUrl: '' })
// @ts-expect-error an image has no frames
void createImageGeneration({ prompt: 'x', num_frames: 8 }, getToken)
// @ts-expect-error a word that no model takes
void createImageGeneration({ prompt: 'x', steps: 8 }, getToken)

export function told(error: unknown): ErrorCode | undefined {
  if (isEstampeError(error, 'quota_exhausted')) return error.code satisfies 'quota_exhausted'
  return undefined
}
