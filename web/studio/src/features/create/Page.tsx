/** The page of create. */

export default function Page() {
  return <h1>create</h1>
}
