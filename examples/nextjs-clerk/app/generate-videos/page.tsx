/** From a sentence to a clip. */

'use client'

import { useVideoGeneration } from '@estampe/react'
import { Download } from '@/components/download'
import { Workshop } from '@/components/workshop'

export default function GenerateVideos() {
  const { generateVideo, cancel, ...state } = useVideoGeneration()
  const output = state.result?.outputs[0]
  return (
    <>
      <h1>Créer une vidéo</h1>
      <Workshop
        label="Décrivez la vidéo"
        action="Créer la vidéo"
        state={state}
        onWish={(wish) => void generateVideo(wish).catch(() => {})}
        onCancel={() => void cancel()}
      />
      {output && (
        <figure>
          <video
            src={output.url}
            poster={output.thumbnail_url}
            width={output.width}
            height={output.height}
            controls
            loop
            muted
          />
          <figcaption>
            <Download url={output.url} />
          </figcaption>
        </figure>
      )}
    </>
  )
}
