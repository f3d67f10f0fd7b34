/** Where a print stands, in words. */

import type { Snapshot } from '@estampe/client'
import type { Format } from '../../../ui/format'
import type { useWords } from '../words'

type Words = ReturnType<typeof useWords>

export function standing(job: Snapshot | null, words: Words, format: Format): string {
  if (!job) return words.sending
  const soon = job.progress?.eta_s
  const eta = soon ? words.eta(format.seconds(Math.max(1, Math.round(soon)))) : ''
  if (job.status === 'queued') return joined(place(job, words), eta)
  if (job.status === 'running') return joined(step(job, words), eta, job.attempts > 1 ? words.again(job.attempts) : '')
  if (job.status === 'failed') return job.error?.message ?? words.failed
  return { canceling: words.canceling, canceled: words.canceled, expired: words.expired, succeeded: '' }[job.status]
}

const joined = (...parts: string[]): string => parts.filter(Boolean).join(' · ')

function place({ queue_position: ahead }: Snapshot, words: Words): string {
  return ahead ? words.ahead(ahead) : words.next
}

function step({ progress }: Snapshot, words: Words): string {
  return progress?.step && progress.steps ? words.step(progress.step, progress.steps) : words.starting
}
