/** Saves a file. The site and Estampe are two origins, and across them a browser heeds no `download` attribute. */

export function Download({ url }: { url: string }) {
  const address = new URL(url)
  address.searchParams.set('download', 'true')
  return <a href={address.href}>Télécharger</a>
}
