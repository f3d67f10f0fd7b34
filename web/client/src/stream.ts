/** Server-Sent Events read from a fetch, which unlike EventSource carries a token in its header. */

import type { Connection } from './connection.js'
import { EstampeError } from './errors.js'
import { say } from './language.js'
import { limit } from './time.js'

/** One event as it came; `data` is JSON. */
export interface RawEvent {
  name: string
  data: string
}

const FIRST_WORD_MS = 10_000
const SILENCE_MS = 40_000 // the server says something every 15 s
const LOOK_MS = 5_000
const LONGEST_EVENT = 2 ** 24

/** One connection, from its opening to its end. Ends quietly when it is cut; throws when no stream can be opened. */
export async function* listen(connection: Connection, path: string, signal?: AbortSignal): AsyncGenerator<RawEvent> {
  // What is opened follows this one for good; the caller's lives on, over many streams.
  const own = limit(FIRST_WORD_MS, signal)
  own.relax()
  try {
    yield* events(await open(connection, path, own.signal))
    signal?.throwIfAborted()
  } finally {
    own.end()
  }
}

function open(connection: Connection, path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const call = { headers: { Accept: 'text/event-stream' }, signal, timeoutMs: FIRST_WORD_MS, retries: 0, open: true }
  return connection.send(path, call, ({ headers, body }) => {
    if (headers.get('Content-Type')?.startsWith('text/event-stream')) return body!
    void body?.cancel().catch(() => {})
    throw new EstampeError('unexpected_answer', say('unexpected_answer', connection.language))
  })
}

async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<RawEvent> {
  const reader = body.getReader()
  const cut = () => void reader.cancel().catch(() => {})
  let heardAt = Date.now() - SILENCE_MS + FIRST_WORD_MS
  // The clock, since elapsed time may stand still while a machine sleeps: a stream that slept is dead.
  const watch = setInterval(() => Date.now() - heardAt > SILENCE_MS && cut(), LOOK_MS)
  try {
    const decoder = new TextDecoder()
    let rest = ''
    for (let next; (next = await reader.read().catch(() => undefined)) && !next.done;) {
      heardAt = Date.now()
      const blocks = (rest + decoder.decode(next.value, { stream: true })).split(/\r?\n\r?\n/)
      rest = blocks.pop()!
      if (rest.length > LONGEST_EVENT) break
      for (const block of blocks) {
        const event = parsed(block)
        if (event.data) yield event
      }
    }
  } finally {
    clearInterval(watch)
    cut()
  }
}

function parsed(block: string): RawEvent {
  const event = { name: 'message', data: '' }
  for (const line of block.split(/\r?\n/)) {
    const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? []
    if (field === 'event') event.name = value!
    if (field === 'data') event.data += (event.data && '\n') + value
  }
  return event
}
