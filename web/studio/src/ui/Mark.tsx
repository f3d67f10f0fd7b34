/** The seal, and the name beside it where there is room. */

import seal from './seal.svg'
import style from './Mark.module.css'

export function Mark({ large = false }: { large?: boolean }) {
  const icon = <img src={seal} alt="" width={large ? 72 : 30} height={large ? 72 : 30} />
  if (large) return icon
  return (
    <span className={style.mark}>
      {icon}
      <span className={style.name}>Estampe</span>
    </span>
  )
}
