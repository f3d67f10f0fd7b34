/** What a stranger sees where the local issuer signs people in. */

import { inBoth } from '../ui/language'
import { Gate } from './Gate'
import style from './Gate.module.css'

const useWords = inBoth(
  {
    title: 'You are not signed in',
    run: 'In a terminal on the machine that runs Estampe, ask for a link:',
    open: '“make up” prints one too. Open it in this browser: it works once, and you stay signed in.',
  },
  {
    title: 'Connexion requise',
    run: 'Dans un terminal, sur la machine où tourne Estampe, demandez un lien :',
    open: '« make up » en affiche un aussi. Ouvrez-le dans ce navigateur : il sert une seule fois, et vous restez connecté.',
  },
)

export function AskForLink({ refusal }: { refusal: string | undefined }) {
  const words = useWords()
  return (
    <Gate title={words.title}>
      {refusal && (
        <p role="alert" className={style.refusal}>
          {refusal}
        </p>
      )}
      <p>{words.run}</p>
      <p>
        <code className={style.code}>estampe link</code>
      </p>
      <p className={style.muted}>{words.open}</p>
    </Gate>
  )
}
