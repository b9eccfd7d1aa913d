/** An identity service that knows one token: just enough of Keystone for the bench, where only its absence from the hot path counts. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The token that it knows. */
export const TOKEN = 'token-of-the-bench'

const IN_A_YEAR = 365 * 24 * 3600 * 1000
const DESCRIPTION = {
  user: { id: 'u1', name: 'bench' }, project: { id: 'bench', name: 'bench' }, roles: [{ id: 'r1', name: 'member' }],
}

/** An identity service at work. */
export interface Identity {
  readonly url: string
  /** How many tokens it was asked about. */
  validations(): number
  stop(): void
}

/** Starts it on a free port. */
export function startIdentity(): Promise<Identity> {
  let validations = 0
  const expires = new Date(performance.timeOrigin + performance.now() + IN_A_YEAR).toISOString()
  const server = createServer((req, res) => {
    const url = `http://${req.headers.host ?? ''}/v3`
    const catalog = [{ type: 'identity', endpoints: [{ interface: 'internal', region: 'RegionOne', region_id: 'RegionOne', url }] }]
    const token = JSON.stringify({ token: { ...DESCRIPTION, expires_at: expires, catalog } })
    req.resume()
    if (req.method === 'GET' && req.url?.includes('/auth/tokens') === true) validations++
    const isLogin = req.method === 'POST'
    res.writeHead(isLogin ? 201 : 200, { 'content-type': 'application/json', ...(isLogin ? { 'x-subject-token': 'own' } : {}) }).end(token)
  })
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => {
      resolve({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v3`,
        validations: () => validations,
        stop() {
          server.close()
          server.closeAllConnections()
        },
      })
    })
  })
}
