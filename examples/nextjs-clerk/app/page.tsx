/** The latest images, asked for on the server: the same client, with the server's own `auth()`. */

import { auth } from '@clerk/nextjs/server'
import { Estampe, type Snapshot } from '@estampe/client'
import Link from 'next/link'

export default async function Home() {
  const { userId, getToken } = await auth()
  if (!userId) return <p>Connectez-vous pour créer des images et des vidéos.</p>
  const { jobs } = await new Estampe({ token: getToken, language: 'fr' }).jobs.list({ status: 'succeeded', limit: 12 })
  return (
    <>
      <h1>Vos dernières créations</h1>
      {jobs.length === 0 && (
        <p>
          Rien encore : <Link href="/generate-images">créez une image</Link>.
        </p>
      )}
      <ul className="gallery">
        {jobs.map((job) => (
          <Made key={job.job_id} job={job} />
        ))}
      </ul>
    </>
  )
}

function Made({ job }: { job: Snapshot }) {
  const [output] = job.outputs
  if (!output) return null
  return (
    <li>
      <img src={output.thumbnail_url} alt={String(job.parameters.prompt)} width={output.width} height={output.height} />
    </li>
  )
}
