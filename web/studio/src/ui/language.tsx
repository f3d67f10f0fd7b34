/** English or French: which one the page speaks, and the words of each, checked against each other by the compiler. */

import type { Language } from '@estampe/client'
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import { kept } from './kept'

export type { Language }

interface Spoken {
  language: Language
  speak: (language: Language) => void
}

const Context = createContext<Spoken | null>(null)
const STORED = kept('language')

function first(): Language {
  const wanted = [STORED.read(), ...navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase())]
  return wanted.find((tag): tag is Language => tag === 'fr' || tag === 'en') ?? 'en'
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(first)
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  const speak = useCallback((chosen: Language) => {
    STORED.write(chosen)
    setLanguage(chosen)
  }, [])
  const value = useMemo(() => ({ language, speak }), [language, speak])
  return <Context.Provider value={value}>{children}</Context.Provider>
}

export function useLanguage(): Spoken {
  const found = useContext(Context)
  if (!found) throw new Error('Put <LanguageProvider> around what speaks.')
  return found
}

/**
 * `const useWords = inBoth({ … }, { … })`: the same names in both languages; a word that takes values is a function.
 * French spaces before ? : ! ; » and after « are made unbreakable, so that they are typed as ordinary ones.
 */
export function inBoth<W extends object>(en: W, fr: { [Name in keyof W]: W[Name] }): () => W {
  const tidy = tidied(fr as W)
  return () => (useLanguage().language === 'fr' ? tidy : en)
}

const unbreakable = (text: string): string => text.replace(/ (?=[?:!;»])|(?<=«) /g, '\u00a0')

function tidied<T>(said: T): T {
  if (typeof said === 'string') return unbreakable(said) as T
  if (typeof said === 'function') return ((...values: unknown[]) => tidied(said(...values))) as T
  if (Array.isArray(said)) return said.map(tidied) as T
  if (said && typeof said === 'object' && Object.getPrototypeOf(said) === Object.prototype)
    return Object.fromEntries(Object.entries(said).map(([name, value]) => [name, tidied(value)])) as T
  return said
}

/** `one` or `other` as the language counts: French says « 0 image », English “0 images”. */
export function counted(language: Language, count: number, one: string, other: string): string {
  const number = new Intl.NumberFormat(language).format(count)
  return `${number} ${new Intl.PluralRules(language).select(count) === 'one' ? one : other}`
}
