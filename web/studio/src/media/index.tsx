/** How each kind of thing is shown: one viewer a kind. What repeats a kind never names it. */

import type { OutputFile } from '@estampe/client'
import type { ComponentType } from 'react'
import { ImageViewer } from './image'
import { VideoViewer } from './video'

export interface ViewerProps {
  file: OutputFile
  /** What it shows, in words: its prompt. */
  alt: string
  /** The whole file, with its controls, instead of a small one that is looked at in passing. */
  whole?: boolean
}

const VIEWERS: Record<string, ComponentType<ViewerProps>> = { image: ImageViewer, video: VideoViewer }

/** Shows the thumbnail of a kind that no viewer knows. */
export function Viewer({ kind, ...rest }: ViewerProps & { kind: string }) {
  const Shown = VIEWERS[kind] ?? ImageViewer
  return <Shown {...rest} />
}
