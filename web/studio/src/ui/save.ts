/** Hands a text to the person as a file. */

export function save(name: string, content: string, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  // The browser reads it after this task has ended.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
