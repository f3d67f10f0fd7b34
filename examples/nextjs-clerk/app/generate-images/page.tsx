/** From a sentence to an image. */

'use client'

import { useImageGeneration } from '@estampe/react'
import { Download } from '@/components/download'
import { Workshop } from '@/components/workshop'

export default function GenerateImages() {
  const { generateImage, cancel, ...state } = useImageGeneration()
  const output = state.result?.outputs[0]
  return (
    <>
      <h1>Créer une image</h1>
      <Workshop
        label="Décrivez l’image"
        action="Créer l’image"
        state={state}
        onWish={(wish) => void generateImage(wish).catch(() => {})}
        onCancel={() => void cancel()}
      />
      {output && (
        <figure>
          <img
            src={output.url}
            alt={String(state.job?.parameters.prompt)}
            width={output.width}
            height={output.height}
          />
          <figcaption>
            <Download url={output.url} />
          </figcaption>
        </figure>
      )}
    </>
  )
}
