/** Waiting, with an end: pauses that can be cut short, and limits on what may take for ever. */

/** Throws the signal's reason when it is aborted; a browser that is back on line ends the pause. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      globalThis.removeEventListener?.('online', end)
      signal?.aborted ? reject(signal.reason) : resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
    globalThis.addEventListener?.('online', end)
    if (signal?.aborted) end()
  })
}

/** About 0.5, 1, 2, 4, 8, 8, 8… seconds: clients that fail together do not come back together. */
export const backoffMs = (failures: number): number => Math.min(500 * 2 ** failures, 8000) * (0.75 + Math.random() / 2)

export interface Limit {
  signal: AbortSignal
  /** There is time from now on; the other signal still counts. */
  relax: () => void
  end: () => void
}

/** A signal that follows another and aborts by itself after `ms`, until it is told otherwise. */
export function limit(ms: number, signal?: AbortSignal): Limit {
  const controller = new AbortController()
  const stop = () => controller.abort(signal!.reason)
  const timer = setTimeout(() => controller.abort(new DOMException('Timed out', 'TimeoutError')), ms)
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  const relax = () => clearTimeout(timer)
  const end = () => {
    relax()
    signal?.removeEventListener('abort', stop)
  }
  return { signal: controller.signal, relax, end }
}

/** The work's result, or an error when it takes longer or `signal` is aborted; the work itself is not stopped. */
export async function within<T>(ms: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const limited = limit(ms, signal)
  const over = new Promise<never>((_, reject) => {
    const stop = () => reject(limited.signal.reason)
    limited.signal.aborted ? stop() : limited.signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([over, work()])
  } finally {
    limited.end()
  }
}
