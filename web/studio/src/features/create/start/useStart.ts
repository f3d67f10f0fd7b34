/** The picture to start from: from a file, or one that is kept already. */

import { Refused, type Model } from '@estampe/client'
import { useEstampe } from '@estampe/react'
import { useEffect, useRef, useState } from 'react'
import { useMe } from '../../../server/queries'
import { useFormat } from '../../../ui/format'
import { said } from '../../../ui/Trouble'
import { startOf, type Draft, type Start, type useDraft } from '../draft'
import { fieldsOf } from '../form/schema'
import { fitted, sidesOf } from '../form/shapes'
import { useWords } from '../words'

export interface Starting {
  /** A picture is on its way. */
  busy: boolean
  trouble: string | null
  fromFile: (file: File) => Promise<void>
  fromAsset: (id: string, mask?: string) => Promise<void>
}

const PICTURES = ['image/png', 'image/jpeg', 'image/webp', 'image/avif']
const NOT_FOUND = 404

/** The last one wins; what was before it is given up. */
export function useStart(change: ReturnType<typeof useDraft>[1], model: Model | undefined): Starting {
  const { client } = useEstampe()
  const words = useWords()
  const format = useFormat()
  const most = useMe().data?.limits.max_upload_bytes
  const [busy, setBusy] = useState(false)
  const [trouble, setTrouble] = useState<string | null>(null)
  const latest = useRef<AbortController | null>(null)
  useEffect(() => () => latest.current?.abort(), [])

  async function take(bring: (signal: AbortSignal) => Promise<Partial<Draft> & { start: Start }>) {
    latest.current?.abort()
    const mine = (latest.current = new AbortController())
    setBusy(true)
    setTrouble(null)
    try {
      const brought = await bring(mine.signal)
      if (!mine.signal.aborted) change((now) => ({ mask: null, ...brought, values: shaped(now, brought.start, model) }))
    } catch (error) {
      if (mine.signal.aborted) return
      setTrouble(error instanceof Refused && error.status === NOT_FOUND ? words.startGone : said(error))
    } finally {
      if (latest.current === mine) setBusy(false)
    }
  }
  return {
    busy,
    trouble,
    async fromFile(file) {
      if (!PICTURES.includes(file.type)) return setTrouble(words.notPicture)
      if (most !== undefined && file.size > most) return setTrouble(words.tooLarge(format.bytes(most)))
      await take(async (signal) => ({ start: startOf(await client.uploads.create(file, { signal })) }))
    },
    async fromAsset(id, mask) {
      await take(async (signal) => {
        const over = mask === undefined ? undefined : client.assets.get(mask, { signal })
        const start = startOf(await client.assets.get(id, { signal }))
        const found = await over
        return { start, mask: found ? { asset_id: found.asset_id, url: found.url } : null }
      })
    },
  }
}

/** The shape follows the picture, where the person has not chosen one. */
function shaped({ values }: Draft, { width, height }: Start, model: Model | undefined): Draft['values'] {
  const sides = model && sidesOf(fieldsOf(model))
  if (!sides || values.width !== undefined || values.height !== undefined) return values
  return { ...values, ...fitted(sides, width / height) }
}
