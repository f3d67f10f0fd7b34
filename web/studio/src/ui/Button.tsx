/** What is pressed: a button, a link that looks like one, and one that shows only a sign. */

import type { ComponentProps } from 'react'
import { Link } from 'wouter'
import type { Sign } from './icons'
import style from './Button.module.css'

export type Tone = 'plain' | 'primary' | 'quiet' | 'danger'

type Looks = { tone?: Tone | undefined; small?: boolean | undefined }

const dress = ({ tone = 'plain', small = false }: Looks, more = '') =>
  [style.button, style[tone], small && style.small, more].filter(Boolean).join(' ')

export function Button({ tone, small, className, type = 'button', ...rest }: ComponentProps<'button'> & Looks) {
  return <button {...rest} type={type} className={dress({ tone, small }, className)} />
}

export function LinkButton({ tone, small, className, ...rest }: ComponentProps<typeof Link> & Looks) {
  return <Link {...rest} className={dress({ tone, small }, typeof className === 'string' ? className : '')} />
}

type Named = Omit<ComponentProps<'button'>, 'children' | 'aria-label'> & { label: string; sign: Sign } & Looks

/** `label` is what it is called, for a screen reader and on hover. */
export function IconButton({ label, sign: Shown, tone = 'quiet', small, className, type = 'button', ...rest }: Named) {
  const worn = dress({ tone, small }, [style.icon, className].filter(Boolean).join(' '))
  return (
    <button {...rest} type={type} className={worn} aria-label={label} title={label}>
      <Shown />
    </button>
  )
}
