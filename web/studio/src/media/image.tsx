/** A picture: its place is kept, and its placeholder seen, until it is there. */

import type { ViewerProps } from './index'
import { useDrawn } from './placeholder'
import style from './media.module.css'

export function ImageViewer({ file, alt, whole = false }: ViewerProps) {
  const place = useDrawn<HTMLImageElement>(file)
  return (
    <img
      ref={place}
      className={style.file}
      src={whole ? file.url : file.thumbnail_url}
      alt={alt}
      width={file.width}
      height={file.height}
      decoding="async"
      loading={whole ? 'eager' : 'lazy'}
    />
  )
}
