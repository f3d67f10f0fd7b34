/** A text to be taken away: shown, and copied by one press. */

import { useId } from 'react'
import { Button } from './Button'
import { Check, Copy } from './icons'
import { inBoth } from './language'
import { useCopying } from './useCopying'
import style from './Copied.module.css'

const useWords = inBoth({ copy: 'Copy', copied: 'Copied' }, { copy: 'Copier', copied: 'Copié' })

export function Copied({ label, text, long = false }: { label: string; text: string; long?: boolean }) {
  const words = useWords()
  const id = useId()
  const [copied, copy] = useCopying(text)
  // Where the clipboard is denied, the text is selected instead: one key copies it.
  const press = async () => (await copy()) || document.getElementById(id)?.focus()
  return (
    <div className={style.copied}>
      <label htmlFor={id}>{label}</label>
      <div className={style.row}>
        <textarea
          id={id}
          className={style.text}
          readOnly
          spellCheck={false}
          rows={long ? 7 : 2}
          value={text}
          onFocus={(event) => event.target.select()}
        />
        <Button small onClick={() => void press()}>
          {copied ? <Check /> : <Copy />}
          {copied ? words.copied : words.copy}
          <span className="unseen"> – {label}</span>
        </Button>
      </div>
      <p role="status" className="unseen">
        {copied ? words.copied : ''}
      </p>
    </div>
  )
}
