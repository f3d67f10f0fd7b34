/**
 * Everything that goes wrong on purpose: one class to catch, a stable `code` to branch on, a message for people.
 *
 * EstampeError            code, message, jobId
 * ├── Refused             the server said no: status, title, detail, faults, requestId, retryAfterSeconds
 * └── JobUnsuccessful     the job ended without a result: job
 */

import type { ErrorCode, Fault, Problem, Snapshot } from './generated.js'
import { say, type Language, type Sentence } from './language.js'

/** What the client says where no server answered. */
export type ClientCode = 'auth_not_loaded' | 'signed_out' | 'connection_lost' | 'timed_out' | 'unexpected_answer'

/** Stable; a newer server may know more of them. */
export type Code = ErrorCode | ClientCode | (string & {})

export class EstampeError extends Error {
  readonly code: Code
  /** The job that was waited for: it can be waited for again. */
  jobId?: string

  constructor(code: Code, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'EstampeError'
    this.code = code
  }
}

export class Refused extends EstampeError {
  readonly status: number
  readonly title: string
  readonly detail: string
  /** What is wrong in the body: a JSON pointer and a sentence each. */
  readonly faults: Fault[]
  /** Names the request in the server's log. */
  readonly requestId: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, problem: Partial<Problem>, retryAfterSeconds?: number) {
    const { title = `HTTP ${status}`, detail = '', errors: faults = [] } = problem
    const lines = [title, detail, ...faults.map((fault) => fault.detail)]
    super(problem.code ?? 'unexpected_answer', [...new Set(lines)].filter(Boolean).join(' '))
    this.status = status
    this.title = title
    this.detail = detail
    this.faults = faults
    this.requestId = problem.request_id
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** What to throw where nobody answered, or somebody else did; an error of ours says it better itself. */
export function unanswered(cause: unknown, language: Language): EstampeError {
  if (cause instanceof EstampeError) return cause
  const code = cause instanceof SyntaxError ? 'unexpected_answer' : 'connection_lost'
  return new EstampeError(code, say(code, language), cause)
}

export class JobUnsuccessful extends EstampeError {
  readonly job: Snapshot

  constructor(job: Snapshot, language: Language) {
    const code = `job_${job.status}`
    super(code, job.error?.message ?? say(code as Sentence, language))
    this.job = job
    this.jobId = job.job_id
  }
}

/** Whether `error` is ours and, where codes are given, of one of them. */
export const isEstampeError = <C extends Code>(error: unknown, ...codes: C[]): error is EstampeError & { code: C } =>
  error instanceof EstampeError && (!codes.length || codes.includes(error.code as C))
