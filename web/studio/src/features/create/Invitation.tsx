/** Where nothing was made yet: a few words to begin with. */

import { Button } from '../../ui/Button'
import { useKindWords } from './words'
import style from './create.module.css'

export function Invitation({ kind, onMake }: { kind: string; onMake: ((prompt: string) => void) | undefined }) {
  const { invite, examples } = useKindWords(kind)
  return (
    <div className={style.invitation}>
      <Proofs />
      <p className={style.invite}>{invite}</p>
      <ul className={style.examples}>
        {examples.map((example) => (
          <li key={example}>
            <Button disabled={!onMake} onClick={() => onMake?.(example)}>
              {example}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Three sheets that wait for ink. */
function Proofs() {
  return (
    <svg viewBox="0 0 220 150" width="220" height="150" aria-hidden="true" className={style.proofs}>
      <g transform="rotate(-9 70 80)">
        <rect x="28" y="32" width="84" height="100" rx="4" />
        <path d="M40 112l20-26 14 16 10-12 16 22z" />
      </g>
      <g transform="rotate(8 152 80)">
        <rect x="110" y="32" width="84" height="100" rx="4" />
        <circle cx="152" cy="78" r="20" />
      </g>
      <g>
        <rect x="68" y="22" width="84" height="100" rx="4" />
        <path d="M110 44c14 10 22 20 22 31a22 22 0 01-44 0c0-11 8-21 22-31z" />
      </g>
      <rect x="136" y="106" width="10" height="10" rx="2" data-seal />
    </svg>
  )
}
