/** A press that copies a text, and says so for a moment. */

import { useCallback, useEffect, useState } from 'react'

const SHOWN_MS = 2_500

/** Whether it was just copied, and what copies it: it resolves to false where the clipboard is denied. */
export function useCopying(text: string): [copied: boolean, copy: () => Promise<boolean>] {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return undefined
    const timer = setTimeout(() => setCopied(false), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = useCallback(async () => {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      return false
    }
    setCopied(true)
    return true
  }, [text])
  return [copied, copy]
}
