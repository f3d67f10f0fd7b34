/** The keys that programs work with: those there are, a new one, and the end of one. */

import { useState } from 'react'
import type { ShownKey } from '@estampe/client'
import { useMay } from '../../server/queries'
import { Button } from '../../ui/Button'
import { Plus } from '../../ui/icons'
import { PageHead } from '../../ui/PageHead'
import { Keys } from './Keys'
import { MakeKey } from './MakeKey'
import { NewKey } from './NewKey'
import { useWords } from './words'
import style from './keys.module.css'

export default function Page() {
  const words = useWords()
  const may = useMay('keys:manage')
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<ShownKey | null>(null)
  const make = () => setMaking(true)
  return (
    <>
      <PageHead title={words.title} lead={words.lead}>
        {may && (
          <Button tone="primary" onClick={make}>
            <Plus />
            {words.make}
          </Button>
        )}
      </PageHead>
      {!may && <p className={style.note}>{words.mayNot}</p>}
      <Keys onMake={may ? make : undefined} />
      <MakeKey
        open={making}
        onClose={() => setMaking(false)}
        onMade={(key) => {
          setMaking(false)
          setMade(key)
        }}
      />
      <NewKey made={made} onClose={() => setMade(null)} />
    </>
  )
}
