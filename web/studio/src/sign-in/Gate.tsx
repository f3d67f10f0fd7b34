/** The page before the page: what this place is, what is asked, and the language. */

import { useEffect, type ReactNode } from 'react'
import { Button } from '../ui/Button'
import { useLanguage } from '../ui/language'
import { Mark } from '../ui/Mark'
import cat from './prints/cat.webp'
import fox from './prints/fox.webp'
import whale from './prints/whale.webp'
import style from './Gate.module.css'

const PRINTS = [whale, fox, cat]
const SIDE = 320

export function Gate({ title, children }: { title: string; children: ReactNode }) {
  const { language, speak } = useLanguage()
  const other = language === 'fr' ? 'en' : 'fr'
  useEffect(() => {
    document.title = `${title} – Estampe`
  }, [title])
  return (
    <div className={style.page}>
      <header className={style.header}>
        <Mark />
        <Button tone="quiet" lang={other} onClick={() => speak(other)}>
          {other === 'fr' ? 'Français' : 'English'}
        </Button>
      </header>
      <main className={style.gate}>
        <div className={style.prints}>
          {PRINTS.map((print) => (
            <img key={print} src={print} alt="" width={SIDE} height={SIDE} />
          ))}
        </div>
        <h1>{title}</h1>
        {children}
      </main>
    </div>
  )
}
