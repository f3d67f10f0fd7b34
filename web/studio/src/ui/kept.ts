/** What a browser keeps of a person's taste (never of who they are): language, theme, sizes. */

export interface Kept {
  read: () => string | null
  write: (value: string) => void
}

/** Works, and forgets, where storage is denied. */
export function kept(name: string): Kept {
  const key = `estampe.${name}`
  return {
    read() {
      try {
        return localStorage.getItem(key)
      } catch {
        return null
      }
    },
    write(value) {
      try {
        localStorage.setItem(key, value)
      } catch {
        // A private window: it lasts as long as the page.
      }
    },
  }
}
