/** A sign-in that is renewed out of sight: a hidden frame goes to the issuer, comes back to the page, and tells it. */

interface Told {
  estampeSignIn: string
}

const PATIENCE_MS = 10_000

/** Whether this is the page in such a frame, which has told the page around it by then and shows nothing. */
export function handsBack(): boolean {
  if (window.parent === window) return false
  window.parent.postMessage({ estampeSignIn: location.search } satisfies Told, location.origin)
  return true
}

/** The query that the issuer sent the frame back with. Throws where it does not come back. */
export function outOfSight(url: URL): Promise<string> {
  const frame = document.createElement('iframe')
  frame.hidden = true
  frame.title = ''
  frame.src = url.href
  return new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The issuer does not answer.')), PATIENCE_MS)
    const told = ({ source, origin, data }: MessageEvent<Partial<Told> | null>) => {
      if (source !== frame.contentWindow || origin !== location.origin) return
      if (typeof data?.estampeSignIn === 'string') resolve(data.estampeSignIn)
      else return
      clearTimeout(timer)
      removeEventListener('message', told)
    }
    addEventListener('message', told)
    document.body.append(frame)
  }).finally(() => frame.remove())
}
