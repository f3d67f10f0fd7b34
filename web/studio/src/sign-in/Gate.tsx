/** The page before the page: the mark, what is asked, and the language. */

import type { ReactNode } from 'react'
import { Button } from '../ui/Button'
import { useLanguage } from '../ui/language'
import { Mark } from '../ui/Mark'
import style from './Gate.module.css'

export function Gate({ title, children }: { title: string; children: ReactNode }) {
  const { language, speak } = useLanguage()
  const other = language === 'fr' ? 'en' : 'fr'
  return (
    <div className={style.page}>
      <header className={style.header}>
        <Mark />
        <Button tone="quiet" lang={other} onClick={() => speak(other)}>
          {other === 'fr' ? 'Français' : 'English'}
        </Button>
      </header>
      <main className={style.gate}>
        <Mark large />
        <h1>{title}</h1>
        {children}
      </main>
    </div>
  )
}
