/** A button that opens a list of things to do or to choose from. */

import { Menu as Base } from '@base-ui/react/menu'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Check } from './icons'
import style from './Menu.module.css'

export interface MenuProps {
  /** What the button shows. */
  label: ReactNode
  /** What it is called, where it shows a sign only. */
  name?: string
  /** Worn by the button in place of its own looks. */
  className?: string | undefined
  children: ReactNode
}

export function Menu({ label, name, className = style.trigger, children }: MenuProps) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger className={className} aria-label={name}>
        {label}
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner className={style.positioner} align="end" sideOffset={6}>
          <Base.Popup className={style.popup}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

export function MenuItem({ onSelect, children }: { onSelect: () => void; children: ReactNode }) {
  return (
    <Base.Item className={style.item} onClick={onSelect}>
      {children}
    </Base.Item>
  )
}

export function MenuLink({ to, current, children }: { to: string; current: boolean; children: ReactNode }) {
  return (
    <Base.LinkItem
      render={<Link to={to} />}
      className={style.item}
      aria-current={current ? 'page' : undefined}
      closeOnClick
    >
      {children}
    </Base.LinkItem>
  )
}

/** Whom or what the menu is about. */
export function MenuHead({ note, children }: { note: ReactNode; children: ReactNode }) {
  return (
    <div className={style.head}>
      {children}
      {note && <div className={style.note}>{note}</div>}
    </div>
  )
}

export interface MenuChoiceProps<T> {
  title: string
  value: T
  choices: { value: T; label: string }[]
  onChoose: (value: T) => void
}

/** One of several, the present one marked. */
export function MenuChoice<T extends string | null>({ title, value, choices, onChoose }: MenuChoiceProps<T>) {
  return (
    <Base.Group>
      <Base.GroupLabel className={style.label}>{title}</Base.GroupLabel>
      <Base.RadioGroup value={value} onValueChange={onChoose}>
        {choices.map((choice) => (
          <Base.RadioItem key={choice.value ?? ''} value={choice.value} className={style.item} closeOnClick>
            {choice.label}
            <Base.RadioItemIndicator className={style.mark}>
              <Check />
            </Base.RadioItemIndicator>
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  )
}

export const MenuLine = () => <Base.Separator className={style.line} />
