/** `useAuth` and `auth` as Clerk declares them, in a browser and on a server. */

interface GetTokenOptions {
  leewayInSeconds?: number
  template?: string
  organizationId?: string
  skipCache?: boolean
}

export declare const useAuth: () => {
  isLoaded: boolean
  isSignedIn: boolean | undefined
  userId: string | null | undefined
  orgId: string | null | undefined
  getToken: (options?: GetTokenOptions) => Promise<string | null>
}

export declare const auth: () => Promise<{
  getToken: (options?: { template?: string; expiresInSeconds?: number }) => Promise<string | null>
}>
