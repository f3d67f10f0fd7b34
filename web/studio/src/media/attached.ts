/** A file as one to be saved: its own address would show it, and may lead to a bucket that heeds no `download`. */

export function attached(url: string): string {
  const address = new URL(url)
  address.searchParams.set('download', 'true')
  return address.href
}
