/** A clip: its poster first; it plays while it is looked at, unless the person wants less motion. */

import { useEffect, useRef } from 'react'
import type { ViewerProps } from './index'
import { useDrawn } from './placeholder'
import style from './media.module.css'

const LESS_MOTION = '(prefers-reduced-motion: reduce)'

export function VideoViewer({ file, alt, whole = false }: ViewerProps) {
  const place = useDrawn<HTMLVideoElement>(file)
  const video = useRef<HTMLVideoElement>(null)
  usePlaying(video)
  return (
    <video
      ref={(element) => {
        video.current = element
        place(element)
      }}
      className={style.file}
      src={file.url}
      poster={file.thumbnail_url}
      aria-label={alt}
      width={file.width}
      height={file.height}
      controls={whole}
      preload={whole ? 'auto' : 'none'}
      muted
      loop
      playsInline
    />
  )
}

/** Only what is on the screen plays: a long gallery would otherwise decode everything at once. */
function usePlaying(video: { current: HTMLVideoElement | null }): void {
  useEffect(() => {
    const element = video.current
    if (!element || matchMedia(LESS_MOTION).matches) return undefined
    const watch = new IntersectionObserver(([seen]) => {
      if (seen?.isIntersecting) element.play().catch(() => {})
      else element.pause()
    })
    watch.observe(element)
    return () => watch.disconnect()
  }, [video])
}
