/** Back to what the model does by itself; there only where something was changed. */

import { useWords } from '../words'
import style from './form.module.css'

export function Reset({ of, onReset }: { of: string; onReset: (() => void) | undefined }) {
  const words = useWords()
  if (!onReset) return null
  return (
    <button type="button" className={style.reset} aria-label={words.reset(of)} onClick={onReset}>
      {words.resetShort}
    </button>
  )
}
