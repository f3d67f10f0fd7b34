/** A clip: its poster first; it plays while it is looked at, unless the person wants less motion. */

import type { OutputFile } from '@estampe/client'
import { useEffect, useRef, useState } from 'react'
import type { ViewerProps } from './index'
import { useDrawn } from './placeholder'
import style from './media.module.css'

const LESS_MOTION = '(prefers-reduced-motion: reduce)'

export function VideoViewer({ file, alt, whole = false }: ViewerProps) {
  const place = useDrawn<HTMLVideoElement>(file)
  const video = useRef<HTMLVideoElement>(null)
  const reached = useRef(0)
  const { link, fail } = useLink(file)
  usePlaying(video, link)
  return (
    <video
      ref={(element) => {
        video.current = element
        place(element)
      }}
      className={style.file}
      src={link}
      poster={file.thumbnail_url}
      aria-label={alt}
      width={file.width}
      height={file.height}
      controls={whole}
      preload={whole ? 'auto' : 'none'}
      muted
      loop
      playsInline
      onError={({ currentTarget }) => {
        reached.current = currentTarget.currentTime
        fail()
      }}
      onLoadedMetadata={({ currentTarget }) => {
        if (reached.current) currentTarget.currentTime = reached.current
        reached.current = 0
      }}
    />
  )
}

/** Links are renewed now and then. A clip would begin anew with each: it keeps the one it has while it can. */
function useLink(file: OutputFile): { link: string; fail: () => void } {
  const [held, hold] = useState(file)
  const [failed, setFailed] = useState(false)
  if (held.asset_id !== file.asset_id || (failed && held.url !== file.url)) {
    hold(file)
    setFailed(false)
  }
  return { link: held.url, fail: () => setFailed(true) }
}

/** Only what is on the screen plays: a long gallery would otherwise decode everything at once. */
function usePlaying(video: { current: HTMLVideoElement | null }, link: string): void {
  useEffect(() => {
    const element = video.current
    if (!element || matchMedia(LESS_MOTION).matches) return undefined
    const watch = new IntersectionObserver((seen) => {
      // On a busy page several looks come at once: the last is how it stands.
      if (seen.at(-1)?.isIntersecting) element.play().catch(() => {})
      else element.pause()
    })
    watch.observe(element)
    return () => watch.disconnect()
  }, [video, link])
}
