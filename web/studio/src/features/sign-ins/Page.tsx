/** The page of sign-ins. */

export default function Page() {
  return <h1>sign-ins</h1>
}
